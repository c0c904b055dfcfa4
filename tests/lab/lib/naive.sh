#!/bin/bash
# naive.sh - the cutover as it is done by hand: switch off, switch on, hope
#
# Sourced, never run.  Nothing waits, nothing is checked, policies permit what
# they always did.  What it loses is what cutover is measured against, so it gets
# the best timers that there are.

naive_frr_on() {
	cat <<-'END'
		configure terminal
		router bgp 65010
		 neighbor 172.16.0.2 remote-as 12076
		 neighbor 172.16.0.2 description circuit
		 neighbor 172.16.0.2 password circuit-md5-secret
		 neighbor 172.16.0.2 timers connect 1
		 neighbor 172.16.0.2 bfd 3 300 300
		 address-family ipv4 unicast
		  neighbor 172.16.0.2 route-map NAIVE-IN in
		  neighbor 172.16.0.2 route-map NAIVE-OUT out
		 exit-address-family
		exit
		ip prefix-list NAIVE-SITE seq 5 deny 10.100.0.0/16 le 32
		ip prefix-list NAIVE-SITE seq 10 permit 10.0.0.0/8 le 32
		route-map NAIVE-IN permit 10
		 set local-preference 200
		route-map NAIVE-OUT permit 10
		 match ip address prefix-list NAIVE-SITE
		end
	END
}

naive_frr_off() {
	cat <<-'END'
		configure terminal
		router bgp 65010
		 no neighbor 172.16.0.2
		exit
		no route-map NAIVE-IN
		no route-map NAIVE-OUT
		no ip prefix-list NAIVE-SITE
		end
	END
}

naive_frr_vpn() { # shutdown | no shutdown
	local words=neighbor
	[ "$1" = shutdown ] || words="no neighbor"
	node_exec edge1 vtysh -c 'configure terminal' -c 'router bgp 65010' \
		-c "$words 10.100.255.4 shutdown"
}

naive_bird_on() {
	cat <<-'END'
		protocol bfd {
		}
		protocol bgp hq {
		        local 172.16.0.5 as 65010;
		        neighbor 172.16.0.6 as 12076;
		        password "circuit-md5-secret";
		        connect delay time 1;
		        connect retry time 1;
		        error wait time 1, 60;
		        bfd { min rx interval 300 ms; min tx interval 300 ms; multiplier 3; };
		        ipv4 {
		                import filter { bgp_local_pref = 200; accept; };
		                export where source = RTS_BGP && net ~ [ 10.0.0.0/8+ ] && net !~ [ 10.100.0.0/16+ ];
		        };
		}
	END
}

# A session that birdc disabled comes back with the next configure: the file it is.
naive_bird_vpn() { # shutdown | no shutdown
	if [ "$1" = shutdown ]; then
		node_exec edge2 sed -i 's/^protocol bgp vpn2 {$/&\n        disabled;/' \
			/etc/bird/bird.conf
	else
		node_exec edge2 sed -i '/^protocol bgp vpn2 {$/{n;/^ *disabled;$/d}' \
			/etc/bird/bird.conf
	fi
	node_exec edge2 birdc configure
}

naive_address() { # add|del
	if [ "$1" = add ]; then
		node_exec edge1 ip addr add 172.16.0.1/30 dev ckt0
		node_exec edge1 ip link set ckt0 up
		node_exec edge2 ip addr add 172.16.0.5/30 dev ckt0
		node_exec edge2 ip link set ckt0 up
		return 0
	fi
	node_exec edge1 ip addr flush dev ckt0
	node_exec edge1 ip link set ckt0 down
	node_exec edge2 ip addr flush dev ckt0
	node_exec edge2 ip link set ckt0 down
}

naive_circuit() { # up|down
	local name
	for name in er-hq-gateway er-hq-primary er-hq-secondary; do
		circuit_set "$1" "$name"
	done
}

naive_cutover() {
	naive_frr_vpn shutdown
	naive_bird_vpn shutdown
	naive_circuit up
	naive_address add
	naive_frr_on | node_exec edge1 vtysh
	naive_bird_on | node_exec edge2 tee /etc/bird/cutover.conf
	node_exec edge2 birdc configure
}

naive_undo() {
	: | node_exec edge2 tee /etc/bird/cutover.conf
	node_exec edge2 birdc configure
	naive_frr_off | node_exec edge1 vtysh
	naive_address del
	naive_circuit down
	naive_frr_vpn "no shutdown"
	naive_bird_vpn "no shutdown"
}

naive_command() { # cutover | undo
	[ "$LAB_VARIANT" != static-vpn ] ||
		die "the naive cutover needs BGP on the VPN"
	case $1 in
	cutover) naive_cutover >"$STATE/log/naive" ;;
	undo) naive_undo >"$STATE/log/naive" ;;
	*) die "naive cutover | undo" ;;
	esac
}
