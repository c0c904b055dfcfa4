#!/bin/bash
# shellcheck disable=SC2154 # common.sh and topology.sh set what is not set here
# up.sh - brings the lab up and takes it down
#
# Sourced, never run.  `up` starts from nothing: what a killed run left behind is
# taken down first.  `down` needs no notes but the name and, for the bridge on
# the host, the id.

settings_write() {
	mkdir -p "$STATE/nodes" "$STATE/log" "$STATE/etc"
	chmod 755 "${STATE%/*}" "$STATE"
	cat >"$STATE/settings" <<-END
		LAB_ID=$LAB_ID
		LAB_PREFIXES=$LAB_PREFIXES
		LAB_VARIANT=$LAB_VARIANT
		LAB_VNET=$LAB_VNET
		LAB_LIMIT=$LAB_LIMIT
	END
}

settings_check() {
	[ "$(id -u)" = 0 ] || die "must be root"
	[[ $LAB =~ ^[a-z0-9][a-z0-9-]{0,31}$ ]] || die "bad name '$LAB'"
	[[ $LAB_ID =~ ^[0-9]+$ && $LAB_ID -lt 256 ]] || die "bad id '$LAB_ID'"
	[[ $LAB_PREFIXES =~ ^[0-9]+$ && $LAB_PREFIXES -le 32768 ]] ||
		die "bad number of prefixes '$LAB_PREFIXES'"
	case $LAB_VARIANT:$LAB_VNET in
	bgp:yes | bgp:no | static-vpn:yes | static-vpn:no | stateful:yes | \
		stateful:no | network-service:yes | network-service:no) ;;
	*) die "unknown variant '$LAB_VARIANT' or vnet '$LAB_VNET'" ;;
	esac
}

responder_build() {
	local node
	cc -std=gnu17 -D_GNU_SOURCE -O2 -o "$STATE/responder" "$here/vnet/responder.c"
	cc -std=gnu17 -D_GNU_SOURCE -O2 -o "$STATE/transfer" "$here/transfer.c"
	cc -std=gnu17 -D_GNU_SOURCE -O2 -o "$STATE/pcapdiff" "$here/pcapdiff.c"
	for node in app pubhost vm1 vm2; do
		[ ! -d "$STATE/etc/$node" ] || : >"$STATE/etc/$node/responder"
	done
}

files_write() {
	ssh_keys
	frr_write
	bird_write
	swan_write
	responder_build
	[ "$LAB_VARIANT" != stateful ] ||
		: | tee "$STATE/etc/edge1/firewall" >"$STATE/etc/edge2/firewall"
}

boot_node() { # NODE
	node_exec "$1" env NODE="$1" bash "$here/lib/boot.sh" up
}

vnet_up() {
	[ "$LAB_VNET" = yes ] || return 0
	"$here/vnet.sh" up
}

app_reaches_vm() {
	node_exec app busybox ping -c 1 -W 1 -q 10.100.0.11
}

bgp_up() { # NODE ADDRESS
	node_exec "$1" vtysh -c "show bgp neighbors $2 json" |
		grep -q '"bgpState":"Established"'
}

tunnel_up() { # NODE
	node_exec "$1" swanctl --list-sas | grep -q 'INSTALLED'
}

# The sessions and tunnels of the start; the circuit's are not among them.
sessions_wait() {
	local node address
	while read -r node address; do
		wait_for 120 "session of '$node' with $address" \
			bgp_up "$node" "$address" || exit 1
	done < <(
		printf '%s\n' "core 192.168.11.2" "core 192.168.12.2" \
			"edge1 192.168.13.2" "cloud 10.100.255.4" \
			"cloud 10.100.255.5" "cloud 10.100.255.6"
		[ "$LAB_VARIANT" = static-vpn ] || printf '%s\n' \
			"vpngw1 192.168.255.12" "vpngw2 192.168.255.13"
	)
}

route_in() { # NODE PREFIX: whether the kernel forwards it
	node_exec "$1" ip route show "$2" | grep -q .
}

# The last of the site's prefixes, where it comes from and where it ends.
prefixes_wait() {
	local node last=10.10.0.0/16 end=10.10.0.0/16 i=$((LAB_PREFIXES - 1))
	if [ "$LAB_PREFIXES" != 0 ]; then
		last=10.$((128 + i / 256)).$((i % 256)).0/24
		end=$last
		[ "$LAB_VARIANT" != static-vpn ] || end=10.128.0.0/9
	fi
	for node in edge1 edge2; do
		wait_for 120 "$last in '$node'" route_in "$node" "$last" || exit 1
	done
	wait_for 120 "$end in 'cloud'" route_in cloud "$end" || exit 1
	for node in core edge1 edge2; do
		[ "$LAB_VARIANT:$node" != static-vpn:core ] || continue
		wait_for 120 "10.100.0.0/16 in '$node'" \
			route_in "$node" 10.100.0.0/16 || exit 1
	done
}

paths_wait() {
	wait_for 120 "tunnel of edge1" tunnel_up edge1 || exit 1
	wait_for 120 "tunnel of edge2" tunnel_up edge2 || exit 1
	sessions_wait
	prefixes_wait
	wait_for 120 "an answer of vm1 to app" app_reaches_vm || exit 1
}

# libvirt and the machines need most of the time, so they come up beside BGP.
lab_up() {
	local vnet
	lab_settings fresh
	settings_check
	possible_all >&2 || die "no lab can be had here"
	if [ -d "$STATE" ] || [ -n "$(nodes_find)" ]; then
		lab_down
		lab_settings fresh
	fi
	# A bridge that nothing is plugged into is what a killed lab left.
	if [ -e "/sys/class/net/$mgmt_bridge" ]; then
		[ -z "$(ls "/sys/class/net/$mgmt_bridge/brif" 2>/dev/null)" ] ||
			die "another lab has id $LAB_ID: choose another LAB_ID"
		ip link del "$mgmt_bridge"
	fi
	settings_write
	files_write
	nodes_start
	links_cables
	links_management
	nodes_each links_node || exit 1
	vnet_up </dev/null >"$STATE/log/vnet" 2>&1 &
	vnet=$!
	nodes_each boot_node || exit 1
	wait "$vnet" || die "vnet: $(tail -n 3 "$STATE/log/vnet")"
	paths_wait
	say "'$LAB' is up after $SECONDS s: management network $mgmt_net.0/24"
}

lab_down() {
	lab_settings
	azure_end
	if [ -e "$STATE/nodes/cloud.pid" ] && [ "$LAB_VNET" = yes ]; then
		timeout 40 "$here/vnet.sh" down >/dev/null 2>&1 || :
	fi
	nodes_end
	! lab_is_ours || links_management_remove
	[ ! -d "$STATE" ] || rm -rf "$STATE"
	rmdir "${STATE%/*}" 2>/dev/null || :
}

# Whether the bridge of this id is this lab's: another lab may have the id.
lab_is_ours() {
	[ -e "$STATE/settings" ]
}
