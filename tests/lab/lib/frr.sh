#!/bin/bash
# frr.sh - FRR on the site's side: core and edge1
#
# Sourced, never run.  frr_NODE prints a node's configuration; frr_write puts it
# where the node takes it from.

frr_head() { # NODE
	cat <<-END
		frr defaults traditional
		hostname $1
		service integrated-vtysh-config
	END
}

frr_neighbor() { # ADDRESS ASN DESCRIPTION
	cat <<-END
		 neighbor $1 remote-as $2
		 neighbor $1 description $3
		 neighbor $1 timers 3 9
		 neighbor $1 timers connect 1
	END
}

# The core gives the site's prefixes their origin.  With the firewalls in the
# edges both ways must take one edge, so there edge1 is preferred.
frr_core() {
	frr_head core
	cat <<-END
		ip route 10.10.0.0/16 blackhole
		ip route 10.10.2.0/24 10.10.1.10
		ip route 10.10.200.0/24 10.10.1.10
		ip route 10.128.7.10/32 10.10.1.10
		ip route 10.150.3.10/32 10.10.1.10
		ip route 198.51.100.128/25 10.10.1.10
		router bgp 65010
		 bgp router-id 192.168.255.11
	END
	frr_neighbor 192.168.11.2 65010 edge1
	frr_neighbor 192.168.12.2 65010 edge2
	cat <<-END
		 address-family ipv4 unicast
		  network 10.10.0.0/16 route-map SITE
		  network 10.10.200.0/24 route-map SITE
		  network 198.51.100.128/25 route-map SITE
		  redistribute kernel route-map EXTRA
		  neighbor 192.168.11.2 next-hop-self
		  neighbor 192.168.12.2 next-hop-self
		  maximum-paths ibgp 2
	END
	[ "$LAB_VARIANT" != stateful ] || echo "  neighbor 192.168.11.2 weight 100"
	cat <<-END
		 exit-address-family
		ip prefix-list EXTRA seq 5 permit 10.128.0.0/9 ge 24 le 24
		route-map SITE permit 10
		 set community 65010:100
		route-map EXTRA permit 10
		 match ip address prefix-list EXTRA
		 set community 65010:100
	END
}

frr_edge1() {
	frr_head edge1
	cat <<-END
		ip route 0.0.0.0/0 198.51.100.1
		ip route 10.100.255.4/32 ipsec0
	END
	# It floats: below what BGP will say, be it an edge's or the other one's.
	[ "$LAB_VARIANT" != static-vpn ] ||
		echo "ip route 10.100.0.0/16 ipsec0 210"
	cat <<-END
		router bgp 65010
		 bgp router-id 192.168.255.12
	END
	frr_neighbor 192.168.11.1 65010 core
	frr_neighbor 192.168.13.2 65010 edge2
	[ "$LAB_VARIANT" = static-vpn ] || frr_edge1_vpn
	cat <<-END
		 address-family ipv4 unicast
		  network 0.0.0.0/0
		  neighbor 192.168.11.1 next-hop-self
		  neighbor 192.168.13.2 next-hop-self
	END
	if [ "$LAB_VARIANT" = static-vpn ]; then
		echo " exit-address-family"
		return 0
	fi
	cat <<-END
		  neighbor 10.100.255.4 soft-reconfiguration inbound
		  neighbor 10.100.255.4 route-map VPN-IN in
		  neighbor 10.100.255.4 route-map VPN-OUT out
		 exit-address-family
	END
	frr_edge1_policy
}

frr_edge1_vpn() {
	frr_neighbor 10.100.255.4 65515 vpn1
	cat <<-END
		 neighbor 10.100.255.4 ebgp-multihop 2
		 neighbor 10.100.255.4 update-source 192.168.255.12
	END
}

# Cloud prefixes are never sent back: they lie inside 10.0.0.0/8.
frr_edge1_policy() {
	cat <<-END
		ip prefix-list CLOUD seq 5 permit 10.100.0.0/16 le 32
		ip prefix-list SITE seq 5 deny 10.100.0.0/16 le 32
		ip prefix-list SITE seq 10 permit 10.0.0.0/8 le 32
		route-map VPN-IN permit 10
		 match ip address prefix-list CLOUD
		 set local-preference 100
		route-map VPN-OUT permit 10
		 match ip address prefix-list SITE
	END
}

frr_write() {
	local node
	for node in core edge1 vpngw1 vpngw2 pe1 pe2 pe1pub pe2pub ergw cloud \
		pubhost; do
		mkdir -p "$STATE/etc/$node/frr"
		"frr_$node" >"$STATE/etc/$node/frr/frr.conf"
		echo "service integrated-vtysh-config" \
			>"$STATE/etc/$node/frr/vtysh.conf"
	done
}
