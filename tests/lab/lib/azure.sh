#!/bin/bash
# shellcheck disable=SC2154 # common.sh and topology.sh set what is not set here
# azure.sh - the lab's cloud, switched by an emulator of Azure's control plane
#
# Sourced, never run.  The provider has lit the cross-connects, and takes the
# VLAN tags off: a cable for each link and peering, since not every kernel has
# VLANs.  What the routers had is taken away; a PUT of a peering gives them
# address, password and neighbour from the request.  The connection is the
# gateway's cable: there the moment that the PUT is accepted, gone with the
# DELETE.  Route table summaries and counters are read from those routers.

azure_router() { # PEERING LINK: node and interface
	case $1:$2 in
	AzurePrivatePeering:primary) echo pe1 ckt0 ;;
	AzurePrivatePeering:secondary) echo pe2 ckt0 ;;
	MicrosoftPeering:primary) echo pe1pub ckt1 ;;
	MicrosoftPeering:secondary) echo pe2pub ckt1 ;;
	*) return 1 ;;
	esac
}

# The address that is N above the first of a network, and the network's length.
azure_address() { # A.B.C.D/LEN N
	local a b c d len
	IFS=./ read -r a b c d len <<<"$1"
	echo "$a.$b.$c.$((d + $2))${3:+/$len}"
}

azure_forget() { # NODE IFNAME NEIGHBOR
	node_exec "$1" vtysh -c 'configure terminal' -c 'router bgp 12076' \
		-c "no neighbor $3" >/dev/null
	node_exec "$1" ip addr flush dev "$2"
	node_exec "$1" ip link set "$2" up
}

azure_light() {
	local name
	for name in er-hq-primary er-hq-secondary er-hq-primary-public \
		er-hq-secondary-public; do
		circuit_set up "$name"
	done
}

# A network service provider has provisioned its side: its routers, under its own
# AS number, wait for the edges; Azure's peering with it is the provider's work.
azure_provider() { # NODE NEIGHBOR ASN
	node_exec "$1" vtysh -c 'configure terminal' -c 'router bgp 12076' \
		-c "neighbor $2 local-as $3 no-prepend replace-as" >/dev/null
}

azure_begin() { # PLAN OUT: makes OUT, the plan for the lab and the emulator
	local url=$STATE/azure.url asn
	azure_light
	asn=$(python3 "$here/azure_plan.py" provider "$1") || return 1
	if [ -n "$asn" ]; then
		azure_provider pe1 172.16.0.1 "$asn"
		azure_provider pe2 172.16.0.5 "$asn"
	else
		azure_forget pe1 ckt0 172.16.0.1
		azure_forget pe2 ckt0 172.16.0.5
		azure_forget pe1pub ckt1 192.0.2.1
		azure_forget pe2pub ckt1 192.0.2.5
	fi
	python3 "$here/azure_plan.py" world "$1" >"$STATE/azure.world" || return 1
	setsid "$here/../fakes/arm_emulator" --ready "$url" --token lab-token \
		--world "$STATE/azure.world" --hook "$here/azure_hook" \
		</dev/null >"$STATE/log/azure" 2>&1 &
	echo "$!" >"$STATE/azure.pid"
	disown
	wait_for 30 "the emulator: see $STATE/log/azure" test -s "$url" || return 1
	python3 "$here/azure_plan.py" plan "$1" "$(<"$url")" "$mgmt_net" "$STATE" \
		"${CUTOVER:-cutover}" >"$2"
}

azure_end() {
	[ ! -r "$STATE/azure.pid" ] || kill "$(<"$STATE/azure.pid")" 2>/dev/null || :
	rm -f "$STATE/azure.pid" "$STATE/azure.url"
}

# ---- what the emulator tells us ----

azure_peering() { # NAME, the peering on standard input
	local json link net node dev asn key us them
	json=$(cat)
	for link in primary secondary; do
		read -r node dev < <(azure_router "$1" "$link") || return 1
		{
			read -r net
			read -r asn
			read -r key
		} < <(jq -r --arg l "${link}PeerAddressPrefix" \
			'.properties | .[$l], .peerASN, (.sharedKey // "")' <<<"$json")
		us=$(azure_address "$net" 1)
		them=$(azure_address "$net" 2 /)
		node_exec "$node" ip addr add "$them" dev "$dev"
		azure_neighbor "$1" "$us" "$asn" "$key" |
			node_exec "$node" vtysh >/dev/null
	done
}

azure_neighbor() { # PEERING ADDRESS ASN PASSWORD
	echo "configure terminal"
	echo "router bgp 12076"
	echo "neighbor $2 remote-as $3"
	echo "neighbor $2 description expressroute"
	[ -z "$4" ] || echo "neighbor $2 password $4"
	echo "neighbor $2 timers 60 180"
	echo "neighbor $2 passive"
	if [ "$1" = AzurePrivatePeering ]; then
		echo "neighbor $2 bfd 3 300 300"
		echo "address-family ipv4 unicast"
		echo "neighbor $2 remove-private-AS"
		echo "neighbor $2 route-map VNET-OUT out"
		echo "neighbor $2 maximum-prefix $LAB_LIMIT restart 1"
	else
		echo "address-family ipv4 unicast"
		echo "neighbor $2 route-map PUBLIC-OUT out"
	fi
	echo "end"
}

# What a router prints for its neighbour on the link: a count, or a state.
azure_summary() { # PEERING LINK
	local node dev
	read -r node dev < <(azure_router "$1" "$2") || return 1
	node_exec "$node" vtysh -c 'show bgp ipv4 unicast summary json' | jq -c '
		[.peers // {} | to_entries[]
		 | select(.value.desc == "expressroute")
		 | {neighbor: .key, v: 4, as: .value.remoteAs,
		    upDown: .value.peerUptime,
		    statePfxRcd: (if .value.state == "Established"
			then (.value.pfxRcd | tostring) else .value.state end)}]'
}

# Azure's and our end of a link, as its router's neighbour table has them.
azure_arp() { # PEERING LINK
	local node dev
	read -r node dev < <(azure_router "$1" "$2") || return 1
	{
		node_exec "$node" ip -j addr show
		node_exec "$node" ip -j neigh show
	} | jq -cs --arg dev "$dev" '
		[(.[0][] | select(.ifname == $dev) | select(.addr_info | length > 0)
		  | {age: 0, interface: "Microsoft", ipAddress: .addr_info[0].local, macAddress: .address}),
		 (.[1][] | select(.dev == $dev)
		  | {age: 0, interface: "On-Prem", ipAddress: .dst, macAddress: (.lladdr // "Incomplete")})]'
}

azure_bytes() { # NODE rx|tx
	node_exec "$1" cat "/sys/class/net/ckt0/statistics/$2_bytes"
}

azure_stats() {
	jq -nc '{primarybytesIn: $a, primarybytesOut: $b, secondarybytesIn: $c, secondarybytesOut: $d}' \
		--argjson a "$(azure_bytes pe1 rx)" --argjson b "$(azure_bytes pe1 tx)" \
		--argjson c "$(azure_bytes pe2 rx)" --argjson d "$(azure_bytes pe2 tx)"
}

azure_event() { # EVENT NAME
	case $1 in
	peering) azure_peering "$2" ;;
	connection) circuit_set up er-hq-gateway ;;
	disconnection) circuit_set down er-hq-gateway ;;
	routetablessummary/*) azure_summary "$2" "${1#*/}" ;;
	arptables/*) azure_arp "$2" "${1#*/}" ;;
	stats) azure_stats ;;
	esac
}

azure_command() {
	case $1:$# in
	begin:3) azure_begin "$2" "$3" || die "no emulator: see $STATE/log/azure" ;;
	event:3) azure_event "$2" "$3" ;;
	state:1) curl -fsS --noproxy '*' "$(<"$STATE/azure.url")/_emulator/state" ;;
	end:1) azure_end ;;
	*) die "azure begin PLAN OUT | event EVENT NAME | state | end" ;;
	esac
}
