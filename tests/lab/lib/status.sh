#!/bin/bash
# shellcheck disable=SC2154 # common.sh and topology.sh set what is not set here
# status.sh - what the lab looks like right now
#
# Sourced, never run.  Only reads, and never fails for what is not there.

status_sessions() {
	local node
	printf '%-8s %-16s %-8s %-12s %8s %8s  %s\n' node neighbor asn state \
		received sent name
	for node in core edge1 vpngw1 vpngw2 pe1 pe2 pe1pub pe2pub ergw; do
		node_exec "$node" vtysh -c 'show bgp ipv4 unicast summary' 2>/dev/null |
			awk -v node="$node" '$1 ~ /^[0-9.]+$/ && NF >= 12 {
			state = "established"
			received = $10
			if ($10 !~ /^[0-9]+$/) {
				state = tolower($10)
				for (i = 11; i < NF - 1; i++)
					state = state " " tolower($i)
				received = "-"
			}
			printf "%-8s %-16s %-8s %-12s %8s %8s  %s\n", node, $1, $3,
				state, received, $(NF - 1), $NF
		}' || :
	done
	status_sessions_bird
}

status_sessions_bird() {
	node_exec edge2 birdc show protocols all 2>/dev/null | awk '
		function flush() {
			if (name != "")
				printf "%-8s %-16s %-8s %-12s %8s %8s  %s\n", "edge2",
					addr, asn, state, received, sent, name
			name = ""
		}
		/^[^ ]/ { flush() }
		$2 == "BGP" { name = $1; received = sent = "-" }
		$1 == "BGP" && $2 == "state:" { state = tolower($3) }
		/Neighbor address:/ { addr = $3 }
		/Neighbor AS:/ { asn = $3 }
		/Routes:/ { received = $2; for (i = 2; i < NF; i++)
			if ($(i + 1) ~ /^exported/) sent = $i }
		END { flush() }' || :
}

status_tunnels() {
	local node
	printf '%-8s %-14s %s\n' node ike child
	for node in edge1 edge2; do
		node_exec "$node" swanctl --list-sas 2>/dev/null | awk -v n="$node" '
			/^azure:/ { ike = tolower($3); sub(",", "", ike) }
			/INSTALLED/ { child = "installed" }
			END {
				printf "%-8s %-14s %s\n", n,
					ike == "" ? "down" : ike,
					child == "" ? "none" : child
			}' || :
	done
}

# One hop: "dev gateway" of the route that a packet takes in a node.
path_hop() { # NODE FROM TO IN-INTERFACE
	local iif=()
	[ -z "$4" ] || iif=(iif "$4")
	node_exec "$1" ip route get "$3" from "$2" "${iif[@]}" ipproto udp \
		sport 49152 dport 862 2>/dev/null | awk 'NR == 1 {
			for (i = 1; i < NF; i++) {
				if ($i == "dev") dev = $(i + 1)
				if ($i == "via") via = $(i + 1)
			}
			print dev, via
		}'
}

# The node and its interface that a packet arrives at.
path_next() { # NODE DEV GATEWAY TO
	local gateway=${3:-$4}
	if [ "$2" = ipsec0 ]; then
		case $1 in
		edge?) echo "${1/edge/vpngw} ipsec0" ;;
		vpngw?) echo "${1/vpngw/edge} ipsec0" ;;
		esac
		return 0
	fi
	if [ "$1" = cloud ] && [ "$2" = virbr-vnet ]; then
		echo "the-machine -"
		return 0
	fi
	local next dev
	next=$(topology_owner "$gateway")
	[ -n "$next" ] || return 0
	dev=$(node_exec "$next" ip -o -4 addr show 2>/dev/null |
		awk -v a="$gateway" 'index($4, a "/") == 1 { print $2; exit }')
	echo "$next $dev"
}

# The nodes on the way and, in brackets, the interfaces that lead onward.
path_print() { # NODE FROM TO [IN-INTERFACE]
	local node=$1 in_dev=${4:-} dev via text=$1 i
	for ((i = 0; i < 10; i++)); do
		read -r dev via < <(path_hop "$node" "$2" "$3" "$in_dev") || :
		[ -n "${dev:-}" ] || {
			echo "$text -> (no route)"
			return 0
		}
		[ "$dev" != lo ] || break
		read -r node in_dev < <(path_next "$node" "$dev" "${via:-}" "$3") || :
		text="$text [$dev] -> ${node:-?}"
		case ${node:-} in
		"" | the-machine) break ;;
		esac
		dev="" via=""
	done
	echo "$text"
}

status_paths() {
	echo "app 10.10.1.10 -> vm1: $(path_print app 10.10.1.10 10.100.0.11)"
	echo "vm1 -> app 10.10.1.10: $(path_print cloud 10.100.0.11 10.10.1.10 \
		virbr-vnet)"
	echo "vm1 -> app 10.10.200.10: $(path_print cloud 10.100.0.11 \
		10.10.200.10 virbr-vnet)"
}

status_circuit() {
	local node dev name bridge
	for node in edge1 edge2; do
		for dev in ckt0 ckt1; do
			printf '%s %s ' "$node" \
				"$(node_exec "$node" ip -br addr show dev "$dev")"
			echo
		done
	done
	while read -r name bridge _; do
		[ "$name" != "#" ] || continue
		if node_exec cloud test -e "/sys/class/net/$bridge"; then
			echo "$name active"
		else
			echo "$name inactive"
		fi
	done <"$here/vnet/ports"
}

status_print() {
	local node
	[ -d "$STATE" ] || die "lab '$LAB' is not up"
	echo "lab '$LAB', id $LAB_ID, variant $LAB_VARIANT, vnet $LAB_VNET, state $STATE"
	while read -r node _; do
		(node_pid "$node" >/dev/null) || :
	done < <(topology_nodes)
	echo
	status_sessions
	echo
	status_tunnels
	echo
	status_circuit
	echo
	status_paths
	echo
	[ "$LAB_VNET" = no ] || "$here/vnet.sh" status || :
}
