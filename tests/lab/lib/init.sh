#!/bin/bash
# init.sh - the first process of a node
#
# usage: unshare ... init.sh cutover-lab:NAME NODE STATE
# Gives the node files of its own where daemons keep theirs, so that plain vtysh,
# birdc, swanctl and virsh mean this node's daemons, then reaps for ever.  The
# first argument is how `lab down` finds the nodes of a lab that was killed.
set -eu
node=$2
state=$3
here=$(cd "$(dirname "$0")" && pwd)
read -r pid _ </proc/self/stat

files=$state/etc/$node

folder() { # PATH: an empty one of our own
	[ ! -d "$1" ] || mount -t tmpfs -o mode=755 cutover-lab "$1"
}

run_folder() {
	local new=$state/nodes/$node.run
	mkdir -p "$new"
	mount -t tmpfs -o mode=755 cutover-lab "$new"
	mkdir -p "$new${state#/run}"
	mount -n --bind "$state" "$new${state#/run}"
	mount -n --move "$new" /run
	rmdir "$new"
	mkdir -p /run/lock /run/sshd /run/frr /run/bird
	mkdir -m 700 /run/root
	! id frr >/dev/null 2>&1 || chown frr:frr /run/frr
	! id bird >/dev/null 2>&1 || chown bird:bird /run/bird
}

config_files() {
	local name
	for name in frr bird swanctl strongswan.d ssh; do
		folder "/etc/$name"
		[ ! -d "$files/$name" ] || cp -a "$files/$name/." "/etc/$name/"
	done
	[ ! -d "$files/frr" ] || chown -R frr:frr /etc/frr
	[ ! -d "$files/bird" ] || chown -R bird:bird /etc/bird
	for name in strongswan.conf passwd shadow; do
		[ ! -e "$files/$name" ] || mount --bind "$files/$name" "/etc/$name"
	done
}

kernel() {
	ip link set lo up
	{
		echo net.ipv4.ip_forward=1
		echo net.ipv4.fib_multipath_hash_policy=1
		# A session that a killed daemon left keeps the namespace alive.
		echo net.ipv4.tcp_orphan_retries=2
		for name in all default lo; do
			echo "net.ipv4.conf.$name.rp_filter=0"
			echo "net.ipv4.conf.$name.send_redirects=0"
			echo "net.ipv4.conf.$name.accept_redirects=0"
		done
		echo net.ipv6.conf.all.disable_ipv6=1
		echo net.ipv6.conf.default.disable_ipv6=1
		# Where somebody loaded br_netfilter (a host with Docker), frames
		# that a bridge only switches would meet iptables.
		[ ! -e /proc/sys/net/bridge/bridge-nf-call-iptables ] ||
			echo net.bridge.bridge-nf-call-iptables=0
	} | sysctl -q -p -
}

hostname "$node"
run_folder
mount -t proc proc /proc
mount -t sysfs sysfs /sys
folder /var/log
folder /var/tmp
mkdir -p /var/tmp/frr
config_files
kernel
echo "$pid" >"$state/nodes/$node.new"
mv "$state/nodes/$node.new" "$state/nodes/$node.pid"
cd "$here"
exec </dev/null >/dev/null 2>&1
while :; do
	sleep 86400 &
	wait $! || :
done
