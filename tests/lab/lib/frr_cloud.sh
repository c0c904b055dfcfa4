#!/bin/bash
# frr_cloud.sh - FRR on the other side: gateways, fabric, provider, public host
#
# Sourced, never run.  The cloud's rules, as Azure has them: gateways advertise
# the whole address space of the virtual network and nothing else; at an equal
# prefix the circuit wins whatever the AS path says (local preference toward the
# fabric), a longer prefix wins before that; there is no transit between
# gateways (the fabric reflects nothing).  Gateways and the provider's edges say
# what they can forward, not sooner: ten thousand prefixes take them a while.

site_prefixes() {
	echo 10.10.0.0/16
	[ "$LAB_PREFIXES" = 0 ] || echo 10.128.0.0/9
}

# What both kinds of gateway are toward the fabric, which is an iBGP neighbour.
frr_gateway_head() { # NODE ADDRESS
	frr_head "$1"
	cat <<-END
		ip route 10.100.0.0/16 blackhole
		ip route 10.100.0.0/24 10.100.255.1
		router bgp 65515
		 bgp router-id $2
		 no bgp ebgp-requires-policy
		 bgp suppress-fib-pending
	END
	frr_neighbor 10.100.255.1 65515 fabric
}

frr_gateway_family() {
	cat <<-END
		 address-family ipv4 unicast
		  network 10.100.0.0/16
		  neighbor 10.100.255.1 next-hop-self
		  neighbor 10.100.255.1 route-map NONE in
		  neighbor 10.100.255.1 route-map FABRIC-OUT out
	END
}

frr_gateway_tail() { # LOCAL-PREFERENCE
	cat <<-END
		ip prefix-list VNET seq 5 permit 10.100.0.0/16
		ip prefix-list VNET-ALL seq 5 permit 10.100.0.0/16 le 32
		route-map NONE deny 10
		route-map VNET-OUT permit 10
		 match ip address prefix-list VNET
		route-map SITE-IN deny 10
		 match ip address prefix-list VNET-ALL
		route-map SITE-IN permit 20
		route-map FABRIC-OUT deny 10
		 match ip address prefix-list VNET-ALL
		route-map FABRIC-OUT permit 20
		 set local-preference $1
	END
}

frr_vpngw() { # NODE ADDRESS EDGE-LOOPBACK INTERNET
	local prefix
	frr_gateway_head "$1" "$2" | sed "/^router bgp/i \\
ip route 0.0.0.0/0 $4\\
ip route $3/32 ipsec0"
	if [ "$LAB_VARIANT" = static-vpn ]; then
		frr_gateway_family
		for prefix in $(site_prefixes); do
			echo "  network $prefix"
		done
		echo " exit-address-family"
		for prefix in $(site_prefixes); do
			echo "ip route $prefix ipsec0"
		done
		frr_gateway_tail 100
		return 0
	fi
	frr_neighbor "$3" 65010 "${1/vpngw/edge}"
	cat <<-END
		 neighbor $3 ebgp-multihop 2
		 neighbor $3 update-source $2
	END
	frr_gateway_family
	cat <<-END
		  neighbor $3 route-map SITE-IN in
		  neighbor $3 route-map VNET-OUT out
		 exit-address-family
	END
	frr_gateway_tail 100
}

frr_vpngw1() {
	frr_vpngw vpngw1 10.100.255.4 192.168.255.12 203.0.113.1
}

frr_vpngw2() {
	frr_vpngw vpngw2 10.100.255.5 192.168.255.13 203.0.113.5
}

# With firewalls in the edges the first link has the higher connection weight.
frr_ergw() {
	frr_gateway_head ergw 10.100.255.6
	frr_neighbor 10.254.0.1 12076 pe1
	frr_neighbor 10.254.0.2 12076 pe2
	frr_gateway_family
	cat <<-END
		  neighbor 10.254.0.1 route-map SITE-IN in
		  neighbor 10.254.0.1 route-map VNET-OUT out
		  neighbor 10.254.0.2 route-map SITE-IN in
		  neighbor 10.254.0.2 route-map VNET-OUT out
	END
	if [ "$LAB_VARIANT" = stateful ]; then
		echo "  neighbor 10.254.0.1 weight 100"
	else
		echo "  maximum-paths 2"
	fi
	echo " exit-address-family"
	frr_gateway_tail 200
}

# The fabric: what a virtual machine's packets meet first.
frr_cloud() {
	local address
	frr_head cloud
	cat <<-END
		router bgp 65515
		 bgp router-id 10.100.255.1
	END
	for address in 10.100.255.4 10.100.255.5 10.100.255.6; do
		frr_neighbor "$address" 65515 "gateway-${address##*.}"
	done
	echo " address-family ipv4 unicast"
	for address in 10.100.255.4 10.100.255.5 10.100.255.6; do
		echo "  neighbor $address route-map NONE out"
	done
	cat <<-END
		  maximum-paths ibgp 2
		 exit-address-family
		route-map NONE deny 10
	END
}

# The provider's edge: hold time 180 s and BFD, as the cloud has it; too many
# prefixes drop the session.  It waits for the customer's call: FRR, when it calls
# itself and is turned away by a session that is shut, waits twice as long each
# time before it calls again, up to two minutes.
frr_pe_customer() { # ADDRESS PASSWORD
	cat <<-END
		 neighbor $1 remote-as 65010
		 neighbor $1 description er-hq
		 neighbor $1 password $2
		 neighbor $1 timers 60 180
		 neighbor $1 passive
	END
	[ "$LAB_VARIANT" != network-service ] ||
		echo " neighbor $1 local-as 64600 no-prepend replace-as"
}

frr_pe_private() { # NODE ROUTER-ID CUSTOMER
	frr_head "$1"
	cat <<-END
		router bgp 12076
		 bgp router-id $2
		 no bgp ebgp-requires-policy
		 bgp suppress-fib-pending
	END
	frr_pe_customer "$3" circuit-md5-secret
	echo " neighbor $3 bfd 3 300 300"
	frr_neighbor 10.254.0.3 65515 ergw
	cat <<-END
		 address-family ipv4 unicast
		  neighbor $3 remove-private-AS
		  neighbor $3 route-map VNET-OUT out
		  neighbor $3 maximum-prefix $LAB_LIMIT restart 1
		 exit-address-family
		ip prefix-list VNET seq 5 permit 10.100.0.0/16
		route-map VNET-OUT permit 10
		 match ip address prefix-list VNET
	END
}

frr_pe1() {
	frr_pe_private pe1 172.16.0.2 172.16.0.1
}

frr_pe2() {
	frr_pe_private pe2 172.16.0.6 172.16.0.5
}

frr_pe_public() { # NODE ROUTER-ID CUSTOMER
	frr_head "$1"
	cat <<-END
		router bgp 12076
		 bgp router-id $2
		 no bgp ebgp-requires-policy
	END
	frr_pe_customer "$3" public-md5-secret
	frr_neighbor 192.0.2.130 12076 pubhost
	cat <<-END
		 address-family ipv4 unicast
		  network 192.0.2.128/25
		  neighbor 192.0.2.130 next-hop-self
		  neighbor $3 route-map PUBLIC-OUT out
		 exit-address-family
		ip prefix-list PUBLIC seq 5 permit 192.0.2.128/25
		route-map PUBLIC-OUT permit 10
		 match ip address prefix-list PUBLIC
	END
}

frr_pe1pub() {
	frr_pe_public pe1pub 192.0.2.2 192.0.2.1
}

frr_pe2pub() {
	frr_pe_public pe2pub 192.0.2.6 192.0.2.5
}

frr_pubhost() {
	frr_head pubhost
	cat <<-END
		ip route 0.0.0.0/0 203.0.113.9
		router bgp 12076
		 bgp router-id 192.0.2.130
	END
	frr_neighbor 192.0.2.129 12076 pe1pub
	frr_neighbor 192.0.2.131 12076 pe2pub
	cat <<-END
		 address-family ipv4 unicast
		  maximum-paths ibgp 2
		 exit-address-family
	END
}
