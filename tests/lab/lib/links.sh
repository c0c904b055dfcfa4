#!/bin/bash
# shellcheck disable=SC2154 # common.sh and topology.sh set what is not set here
# links.sh - cables, addresses, bridges and the management network
#
# Sourced, never run.  A cable is a veth pair, born with both ends in their
# nodes, so that nothing of it is ever seen on the host.  Checksum and
# segmentation offload is off: what the captures and the userspace ESP see is
# what a wire would carry.

links_cables() {
	local a a_if b b_if
	while read -r a a_if _ b b_if _; do
		echo "link add name $a_if netns $(node_pid "$a") type veth" \
			"peer name $b_if netns $(node_pid "$b")"
	done < <(topology_cables) | ip -batch -
}

# The host joins all nodes by a bridge.  The nodes do not forward on it.
links_management() {
	local node
	{
		echo "link add name $mgmt_bridge type bridge"
		echo "addr add $mgmt_net.1/24 dev $mgmt_bridge"
		echo "link set $mgmt_bridge up"
		while read -r node _; do
			echo "link add name cl$LAB_ID-$node type veth" \
				"peer name mgmt0 netns $(node_pid "$node")"
			echo "link set cl$LAB_ID-$node master $mgmt_bridge up"
		done < <(topology_nodes)
	} | ip -batch -
}

links_management_remove() {
	local link
	for link in $(ip -o link show type veth | awk -F': ' '{ print $2 }'); do
		case $link in
		cl"$LAB_ID"-*) ip link del "${link%%@*}" 2>/dev/null || : ;;
		esac
	done
	ip link del "$mgmt_bridge" 2>/dev/null || :
}

# The commands of ip that give a node its addresses.
links_batch() { # NODE
	local name=$1
	echo "addr add $mgmt_net.$(topology_nodes |
		awk -v n="$name" '$1 == n { print $2 }')/24 dev mgmt0"
	echo "link set mgmt0 up"
	topology_bridges | awk -v n="$name" '$1 == n {
		print "link add name " $2 " type bridge"
		print "addr add " $3 " dev " $2
		print "link set " $2 " up"
		for (i = 4; i <= NF; i++)
			print "link set " $i " master " $2 " up"
	}'
	topology_cables | awk -v n="$name" '
		function end(dev, addr) {
			if (addr != "-")
				print "addr add " addr " dev " dev
			if (addr != "-" || n == "cloud")
				print "link set " dev " up"
		}
		$1 == n { end($2, $3) }
		$4 == n { end($5, $6) }'
	topology_loopbacks | awk -v n="$name" '
		$1 == n { print "addr add " $2 " dev lo" }'
	topology_routes | awk -v n="$name" '
		$1 == n { $1 = ""; print "route add" $0 }'
	[ "$name" != core ] || links_extra_prefixes
}

# The further prefixes of the site: routes of the kernel, which bgpd takes from
# there; a static route each would take FRR minutes.
links_extra_prefixes() {
	local i
	for ((i = 0; i < LAB_PREFIXES; i++)); do
		echo "route add 10.$((128 + i / 256)).$((i % 256)).0/24" \
			"via 10.10.1.10"
	done
}

links_node() { # NODE
	links_batch "$1" >"$STATE/log/$1.batch"
	# shellcheck disable=SC2016 # the node's shell is to expand it
	node_exec "$1" bash -eu -c '
		sysctl -qw net.ipv4.conf.mgmt0.forwarding=0
		ip -batch "$1"
		for dev in /sys/class/net/*; do
			[ "${dev##*/}" = lo ] ||
				ethtool -K "${dev##*/}" tx off gso off gro off
		done' links "$STATE/log/$1.batch"
}
