#!/bin/bash
# frr_net.sh - four FRR routers in namespaces for frr_test
#
#   c (AS 65010, the site's core) --iBGP-- e (AS 65010, the edge under test)
#   e --eBGP-- v (AS 65515, the VPN gateway)
#   e --eBGP-- p (AS 12076, the provider on the circuit; e has no session yet)
#
# Every node has its own network and mount namespace with its own /etc/frr and
# /run, so that plain vtysh works inside; DIR must not be below these.  `up DIR`
# leaves DIR/<node>.pid for nsenter; `down DIR` ends the processes of the nodes.
set -eu

frr=/usr/lib/frr
password=circuit-md5-secret

node_main() { # runs inside the namespaces of the node
	local node=$1 dir=$2 d
	mount -t tmpfs -o mode=755 none /run
	mkdir -p /run/frr
	cp -a /etc/passwd /run/passwd
	mount -t tmpfs -o mode=755 none /etc/frr
	echo "service integrated-vtysh-config" >/etc/frr/vtysh.conf
	cp "$dir/$node.conf" /etc/frr/frr.conf
	chown -R frr:frr /etc/frr /run/frr
	mount -t tmpfs -o mode=777 none /var/tmp
	mkdir -p /var/tmp/frr
	chown frr:frr /var/tmp/frr
	hostname "$(sed -n 's/^hostname //p' /etc/frr/frr.conf)"
	sysctl -qw net.ipv4.ip_forward=1
	ip link set lo up
	for d in zebra staticd bfdd bgpd; do
		"$frr/$d" -d -A 127.0.0.1 -u frr -g frr >>"$dir/$node.log" 2>&1
	done
	vtysh -b >>"$dir/$node.log" 2>&1
	touch "$dir/$node.ready"
	exec sleep infinity
}

node_start() {
	local node=$1 dir=$2
	unshare --net --mount --uts --pid --fork --kill-child \
		"$0" node "$node" "$dir" </dev/null >>"$dir/$node.log" 2>&1 &
	echo $! >"$dir/$node.parent"
	disown
	for _ in $(seq 50); do
		pgrep -P "$(cat "$dir/$node.parent")" >"$dir/$node.pid" && break
		sleep 0.1
	done
}

link() { # node dev addr node dev addr
	local dir=$1 a b
	a=$(cat "$dir/$2.pid")
	b=$(cat "$dir/$5.pid")
	ip link add "frrh-a$$" type veth peer name "frrh-b$$"
	ip link set "frrh-a$$" netns "$a" name "$3"
	ip link set "frrh-b$$" netns "$b" name "$6"
	nsenter -t "$a" -n ip addr add "$4" dev "$3"
	nsenter -t "$b" -n ip addr add "$7" dev "$6"
	nsenter -t "$a" -n ip link set "$3" up
	nsenter -t "$b" -n ip link set "$6" up
}

conf_e() {
	cat <<-END
		frr defaults traditional
		hostname edge1
		service integrated-vtysh-config
		ip route 198.51.100.128/25 10.0.11.1
		router bgp 65010
		 bgp router-id 192.168.255.12
		 no bgp ebgp-requires-policy
		 neighbor 10.0.11.1 remote-as 65010
		 neighbor 10.0.11.1 description core
		 neighbor 10.100.255.4 remote-as 65515
		 neighbor 10.100.255.4 description vpn to azure
		 neighbor 10.100.255.4 password vpn-md5-secret
		 neighbor 10.100.255.4 timers 3 9
		 address-family ipv4 unicast
		  neighbor 10.0.11.1 next-hop-self
		  neighbor 10.100.255.4 soft-reconfiguration inbound
		  neighbor 10.100.255.4 route-map VPN-IN in
		  neighbor 10.100.255.4 route-map VPN-OUT out
		 exit-address-family
		ip prefix-list CLOUD seq 5 permit 10.100.0.0/16 le 32
		ip prefix-list SITE seq 5 permit 10.0.0.0/8 le 32
		bgp community-list standard LAB seq 5 permit 65010:200
		route-map VPN-IN permit 10
		 match ip address prefix-list CLOUD
		 set local-preference 100
		route-map VPN-OUT permit 10
		 match ip address prefix-list SITE
		route-map UNUSED permit 10
	END
}

conf_c() {
	cat <<-END
		hostname core
		ip route 10.10.0.0/16 blackhole
		ip route 10.10.200.0/24 blackhole
		ip route 10.10.201.0/24 blackhole
		router bgp 65010
		 bgp router-id 192.168.255.11
		 neighbor 10.0.11.2 remote-as 65010
		 neighbor 10.0.11.2 timers 3 9
		 neighbor 10.0.11.2 timers connect 1
		 address-family ipv4 unicast
		  network 10.10.0.0/16 route-map LAB
		  network 10.10.200.0/24 route-map LAB200
		  network 10.10.201.0/24 route-map LAB200
		 exit-address-family
		route-map LAB permit 10
		 set community 65010:100
		route-map LAB200 permit 10
		 set community 65010:200
	END
}

conf_v() {
	cat <<-END
		hostname vpngw
		ip route 10.100.0.0/16 blackhole
		router bgp 65515
		 bgp router-id 10.100.255.4
		 no bgp ebgp-requires-policy
		 neighbor 10.100.255.1 remote-as 65010
		 neighbor 10.100.255.1 password vpn-md5-secret
		 neighbor 10.100.255.1 timers 3 9
		 neighbor 10.100.255.1 timers connect 1
		 address-family ipv4 unicast
		  network 10.100.0.0/16
		 exit-address-family
	END
}

conf_p() {
	cat <<-END
		hostname pe1
		ip route 10.100.0.0/16 blackhole
		ip route 10.101.0.0/16 blackhole
		router bgp 12076
		 bgp router-id 172.16.0.2
		 no bgp ebgp-requires-policy
		 neighbor 172.16.0.1 remote-as 65010
		 neighbor 172.16.0.1 password $password
		 neighbor 172.16.0.1 bfd 3 300 300
		 neighbor 172.16.0.1 timers connect 1
		 address-family ipv4 unicast
		  network 10.100.0.0/16
		  network 10.101.0.0/16
		 exit-address-family
	END
}

up() {
	local dir=$1 n
	mkdir -p "$dir"
	chmod 711 "$dir"
	for n in e c v p; do
		"conf_$n" >"$dir/$n.conf"
		node_start "$n" "$dir"
	done
	link "$dir" c edge0 10.0.11.1/30 e lan0 10.0.11.2/30
	link "$dir" v tun0 10.100.255.4/24 e tun0 10.100.255.1/24
	link "$dir" p ckt0 172.16.0.2/30 e ckt0 172.16.0.1/30
	for n in e c v p; do
		for _ in $(seq 600); do
			[ -e "$dir/$n.ready" ] && break
			sleep 0.1
		done
		[ -e "$dir/$n.ready" ] || { cat "$dir/$n.log"; return 1; }
	done
	nsenter -t "$(cat "$dir/e.pid")" -n -m -u -r vtysh -c write >/dev/null 2>&1
}

down() {
	local dir=$1 f
	for f in "$dir"/*.parent; do
		[ -e "$f" ] || continue
		kill -9 "$(cat "$f")" 2>/dev/null || true
	done
	rm -f "$dir"/*
}

case ${1:-} in
node) node_main "$2" "$3" ;;
up) up "$2" ;;
down) down "$2" ;;
in) shift; dir=$1; n=$2; shift 2
	exec nsenter -t "$(cat "$dir/$n.pid")" -n -m -u -r "$@" ;;
*) echo "usage: $0 up|down DIR | in DIR NODE CMD.." >&2; exit 2 ;;
esac
