#!/bin/bash
# shellcheck disable=SC2154 # common.sh and topology.sh set what is not set here
# cloud.sh - the provider's networks and the cables, by hand
#
# Sourced, never run.  vnet/ports says which cable ends belong to which network.
# With libvirt its hook plugs them; without it the same happens here.

circuit_names() {
	awk '/^[^#]/ { print $1 }' "$here/vnet/ports"
}

circuit_plug() { # up|down NAME
	local bridge ports port
	read -r bridge ports < <(awk -v n="$2" '$1 == n { $1 = ""; print }' \
		"$here/vnet/ports")
	if [ "$1" = down ]; then
		node_exec cloud ip link del "$bridge" 2>/dev/null || :
		return 0
	fi
	{
		echo "link add name $bridge type bridge"
		echo "link set $bridge up"
		for port in $ports; do
			echo "link set $port master $bridge"
		done
	} | node_exec cloud ip -batch -
}

circuit_is_up() { # NAME
	local bridge
	bridge=$(awk -v n="$1" '$1 == n { print $2 }' "$here/vnet/ports")
	node_exec cloud test -e "/sys/class/net/$bridge"
}

circuit_set() { # up|down NAME|all
	local name names=$2
	[ "$names" != all ] || names=$(circuit_names)
	for name in $names; do
		circuit_names | grep -qx "$name" || die "no network '$name'"
		case $1:$(circuit_is_up "$name" && echo up || echo down) in
		up:up | down:down)
			continue
			;;
		esac
		if [ "$LAB_VNET" = no ]; then
			circuit_plug "$1" "$name"
		elif [ "$1" = up ]; then
			node_exec cloud virsh -q net-start "$name"
		else
			node_exec cloud virsh -q net-destroy "$name"
		fi
	done
}

# The other end of a cable.
cable_peer() { # NODE IFNAME
	topology_cables | awk -v n="$1" -v i="$2" '
		$1 == n && $2 == i { print $4, $5 }
		$4 == n && $5 == i { print $1, $2 }'
}

cable_set() { # up|down|mute NODE IFNAME
	local node dev
	read -r node dev < <(cable_peer "$2" "$3") || :
	[ -n "${dev:-}" ] || die "no cable at '$2' '$3'"
	case $1 in
	up)
		node_exec "$node" ip link set "$dev" up
		cable_speak "$2" "$3"
		;;
	down)
		node_exec "$node" ip link set "$dev" down
		;;
	mute)
		[ "$2" != cloud ] || die "a cable is muted at its other end"
		cable_speak "$2" "$3"
		node_exec "$2" iptables -w -t raw -I PREROUTING -i "$3" -j DROP
		node_exec "$2" iptables -w -t mangle -I POSTROUTING -o "$3" \
			-j DROP
		;;
	*)
		die "cable up|down|mute NODE IFNAME"
		;;
	esac
}

cable_speak() { # NODE IFNAME
	[ "$1" != cloud ] || return 0
	while node_exec "$1" iptables -w -t raw -D PREROUTING -i "$2" \
		-j DROP 2>/dev/null; do :; done
	while node_exec "$1" iptables -w -t mangle -D POSTROUTING -o "$2" \
		-j DROP 2>/dev/null; do :; done
}
