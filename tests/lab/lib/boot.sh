#!/bin/bash
# boot.sh - starts a node's daemons from its files; runs inside the node
#
# usage: boot.sh up | reboot
# A reboot ends what boot started, forgets what lives in memory (the circuit's
# interfaces, cutover's own /run) and boots again.
# environment: STATE, and NODE, the name of the node.
set -eu
node=${NODE:?}
state=${STATE:?}
frr=/usr/lib/frr

end() { # NAME ...
	local name i
	for name in "$@"; do
		pkill -TERM -x "$name" || :
	done
	for name in "$@"; do
		for ((i = 0; i < 50; i++)); do
			pgrep -x "$name" >/dev/null || break
			sleep 0.1
		done
		pkill -KILL -x "$name" || :
	done
}

# Routing daemons say goodbye; whatever else runs is gone at once, be it a watchdog
# or somebody's session.
halt() {
	local dev file pid proto
	end bgpd bfdd staticd zebra bird charon
	for file in /proc/[0-9]*; do
		pid=${file#/proc/}
		[ "$pid" = 1 ] || [ "$pid" = $$ ] ||
			kill -KILL "$pid" 2>/dev/null || :
	done
	rm -rf /run/cutover
	for proto in bgp static bird; do
		ip route flush proto "$proto"
	done
	for dev in ckt0 ckt1; do
		case $node in
		edge*)
			ip addr flush dev "$dev"
			ip link set "$dev" down
			;;
		esac
	done
}

# What stands for hardware here, forwarding and BFD, goes before everything else
# on the host: a router does not lose packets because somebody compiles.  Where
# the host forbids it the lab works all the same, as long as the host is idle.
first() { # CMD ...
	if chrt -r 1 true 2>/dev/null; then
		chrt -r 1 "$@"
	else
		"$@"
	fi
}

charon_start() {
	# Not by first(): $! is to be charon.
	setsid /usr/lib/ipsec/charon </dev/null >/run/charon.out 2>&1 &
	until swanctl --stats >/dev/null 2>&1; do
		kill -0 $!
		sleep 0.1
	done
	# See swan.sh: nobody is to look into charon's table.
	while ip rule del table 220 2>/dev/null; do :; done
	chrt -a -r -p 1 $! 2>/dev/null || :
	swanctl --load-all >/dev/null
	ip link set ipsec0 txqueuelen 10000 up
}

frr_start() {
	local daemon daemons="zebra staticd bgpd"
	! grep -q ' bfd ' /etc/frr/frr.conf && [ "$node" != edge1 ] ||
		daemons="zebra staticd bfdd bgpd"
	for daemon in $daemons; do
		set -- "$frr/$daemon" -d -A 127.0.0.1 -u frr -g frr \
			--log "file:/run/frr/$daemon.log"
		if [ "$daemon" = bfdd ]; then
			first "$@" >/dev/null
		else
			"$@" >/dev/null
		fi
	done
	vtysh -b
	# From here on what is saved is what runs, to the letter.
	vtysh -c 'write memory' >/dev/null
}

firewall() {
	local rule
	sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0
	iptables -F FORWARD
	for rule in "-m conntrack --ctstate INVALID -j DROP" \
		"-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT" \
		"-i lan0 -j ACCEPT" "-i peer0 -j ACCEPT" "-j DROP"; do
		# shellcheck disable=SC2086 # a rule is many words
		iptables -A FORWARD $rule
	done
}

# Never end a daemon of the host by mistake.
grep -qz "^cutover-lab:" /proc/1/cmdline || {
	echo "boot: not in a node of the lab" >&2
	exit 1
}
[ "${1:-}" != reboot ] || halt
pgrep -x sshd >/dev/null || /usr/sbin/sshd -E /run/sshd.log
[ ! -e "$state/etc/$node/firewall" ] || firewall
[ ! -e /etc/swanctl/swanctl.conf ] || charon_start
[ ! -e /etc/bird/bird.conf ] || first bird -u bird -g bird
[ ! -e /etc/frr/frr.conf ] || frr_start
if [ -e "$state/etc/$node/responder" ] && ! pgrep -x responder >/dev/null; then
	setsid "$state/responder" </dev/null >/dev/null 2>&1 &
fi
