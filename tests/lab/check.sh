#!/bin/bash
# check.sh - the lab is what it says it is
#
# usage: check.sh [VARIANT ...]	(bgp, static-vpn, stateful: all of them)
# Brings a lab of its own up without virtual machines, asks it for what every
# test in it takes for granted, and takes it down.  Prints a line a check and
# `N passed, N failed, N skipped`; fails if any failed.  Needs root.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LAB=check LAB_ID=${LAB_ID:-250} LAB_VNET=no LAB_PREFIXES=20
state=/run/cutover-lab/$LAB
passed=0
failed=0

lab() {
	"$here/lab" "$@"
}

check() { # WHAT CMD ...
	local what=$1
	shift
	if "$@" >/dev/null 2>&1; then
		passed=$((passed + 1))
		echo "ok $LAB_VARIANT: $what"
	else
		failed=$((failed + 1))
		echo "not ok $LAB_VARIANT: $what"
	fi
}

soon() { # SECONDS CMD ...
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.2
	done
}

not() {
	! "$@"
}

reaches() { # FROM TO
	lab exec "$1" busybox ping -c 1 -W 1 "$2"
}

routes() { # NODE PREFIX PATTERN
	lab exec "$1" ip route show "$2" | grep -q "$3"
}

sends() { # NODE NEIGHBOUR PREFIX
	lab exec "$1" vtysh -c "show bgp ipv4 unicast neighbors $2 advertised-routes" |
		grep -q " $3 "
}

path_has() { # FROM->TO PATTERN
	lab status | grep "^$1" | grep -q "$2"
}

saved() {
	lab exec edge1 vtysh -c 'show running-config' |
		grep -vE '^(!|end|Building|Current|$)' |
		diff -q - <(lab exec edge1 grep -vE '^(!|end|$)' /etc/frr/frr.conf)
}

logs_in() { # ADDRESS-BYTE NAME
	[ "$(ssh -n -i "$state/id_ed25519" -o IdentitiesOnly=yes \
		-o UserKnownHostsFile="$state/known_hosts" -o BatchMode=yes \
		-o StrictHostKeyChecking=yes "root@100.64.$LAB_ID.$1" hostname)" = "$2" ]
}

check_start() {
	check "app reaches vm1" reaches app 10.100.0.11
	check "app reaches the public host" reaches app 192.0.2.130
	check "the way out is the VPN" path_has "app 10.10.1.10" ipsec0
	check "the way back is the VPN" path_has "vm1 -> app 10.10.1.10" ipsec0
	check "saved is running on edge1" saved
	check "the include of edge2 is empty" \
		lab exec edge2 test ! -s /etc/bird/cutover.conf
	check "no rule but the kernel's on edge1" \
		test "$(lab exec edge1 ip rule | wc -l)" = 3
	check "ckt0 of edge1 is down" \
		not lab exec edge1 sh -c 'ip link show dev ckt0 | grep -q LOWER_UP'
	check "management carries no route" \
		not lab exec core sh -c 'ip route | grep -q "via.*mgmt0"'
	check "edge1 logs in by key" logs_in 12 edge1
	check "edge2 logs in by key" logs_in 13 edge2
	check "the provider hears nothing of the site" \
		not routes pe1 10.10.0.0/16 .
}

check_bgp() {
	check "vm1 reaches app's other address" reaches vm1 10.10.200.10
	check "vm1 reaches a further prefix" reaches vm1 10.128.7.10
	check "the last further prefix is in the cloud" routes cloud 10.128.19.0/24 .
	check "the core has both edges" \
		test "$(lab exec core ip route show 10.100.0.0/16 | grep -c nexthop)" = 2
	lab naive cutover
	check "ergw hears the site" soon 20 routes ergw 10.10.0.0/16 att0
	check "the cloud prefers the circuit" \
		soon 20 routes cloud 10.10.0.0/16 10.100.255.6
	check "edge1 takes the circuit" soon 20 routes edge1 10.100.0.0/16 ckt0
	check "edge2 takes the circuit" soon 20 routes edge2 10.100.0.0/16 ckt0
	check "app reaches vm1 on it" reaches app 10.100.0.11
	lab exec edge1 vtysh -c 'configure terminal' -c 'router bgp 65010' \
		-c 'no neighbor 10.100.255.4 shutdown'
	check "the VPN is back beside the circuit" \
		soon 20 sends vpngw1 192.168.255.12 10.100.0.0/16
	check "the cloud still prefers the circuit" \
		routes cloud 10.10.0.0/16 10.100.255.6
	check "no transit from the circuit to the VPN" \
		not sends vpngw1 192.168.255.12 10.10.0.0/16
	check "the gateway advertises the address space on the circuit" \
		soon 20 sends ergw 10.254.0.1 10.100.0.0/16
	check "no transit from the VPN to the circuit" \
		not sends ergw 10.254.0.1 10.10.0.0/16
	lab naive undo
	check "the VPN carries it again" soon 30 reaches app 10.100.0.11
	check "saved is running on edge1 after all" soon 5 saved
}

check_static() {
	check "edge1 has the static route" routes edge1 10.100.0.0/16 ipsec0
	check "edge2 has the static route" routes edge2 10.100.0.0/16 ipsec0
	check "vpngw1 has no session with edge1" \
		not lab exec vpngw1 sh -c "vtysh -c 'show bgp summary' | grep -q 192.168"
	check "vm1 reaches a further prefix" reaches vm1 10.128.7.10
}

check_stateful() {
	check "vm1 may not open a flow to app" not reaches vm1 10.10.1.10
	check "the way out is edge1" path_has "app 10.10.1.10" edge1
	check "the way back is edge1" path_has "vm1 -> app 10.10.1.10" edge1
	check "the core prefers edge1" \
		test "$(lab exec core ip route show 10.100.0.0/16 | grep -c 'dev e1')" = 1
}

traces() {
	pgrep -f "cutover-lab:$LAB"
	ip -br link | grep -E "^(cl$LAB_ID-|cutlab$LAB_ID )"
	grep "$state" /proc/mounts
	[ ! -e "$state" ] || echo "$state"
}

[ $# -gt 0 ] || set -- bgp static-vpn stateful
for LAB_VARIANT in "$@"; do
	export LAB_VARIANT
	check "up" lab up
	check_start
	case $LAB_VARIANT in
	bgp) check_bgp ;;
	static-vpn) check_static ;;
	stateful) check_stateful ;;
	esac
	check "down" lab down
	check "down leaves no trace" test -z "$(traces)"
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
