#!/bin/bash
# topology.sh - the lab as data: nodes, management addresses, cables, bridges
#
# Sourced, never run.

# NODE and the last byte of its management address.
topology_nodes() {
	cat <<-END
		app 10
		core 11
		edge1 12
		edge2 13
		internet 20
		vpngw1 21
		vpngw2 22
		pe1 31
		pe2 32
		pe1pub 33
		pe2pub 34
		ergw 41
		cloud 42
		pubhost 51
	END
	[ "$LAB_VNET" = yes ] || printf '%s\n' "vm1 61" "vm2 62"
}

# NODE IFNAME ADDRESS NODE IFNAME ADDRESS; '-' is no address.  The edges' ends of
# the circuit stay down: bringing them up is cutover's work.
topology_cables() {
	cat <<-END
		app      lan0   10.10.1.10/24    core     lan0    10.10.1.1/24
		core     e1     192.168.11.1/30  edge1    lan0    192.168.11.2/30
		core     e2     192.168.12.1/30  edge2    lan0    192.168.12.2/30
		edge1    peer0  192.168.13.1/30  edge2    peer0   192.168.13.2/30
		edge1    inet0  198.51.100.2/30  internet edge1   198.51.100.1/30
		edge2    inet0  198.51.100.6/30  internet edge2   198.51.100.5/30
		vpngw1   inet0  203.0.113.2/30   internet vpngw1  203.0.113.1/30
		vpngw2   inet0  203.0.113.6/30   internet vpngw2  203.0.113.5/30
		pubhost  inet0  203.0.113.10/30  internet pubhost 203.0.113.9/30
		vpngw1   gw0    10.100.255.4/27  cloud    gw-vpn1 -
		vpngw2   gw0    10.100.255.5/27  cloud    gw-vpn2 -
		ergw     gw0    10.100.255.6/27  cloud    gw-er   -
		edge1    ckt0   -                cloud    ck-e1   -
		pe1      ckt0   172.16.0.2/30    cloud    ck-pe1  -
		edge2    ckt0   -                cloud    ck-e2   -
		pe2      ckt0   172.16.0.6/30    cloud    ck-pe2  -
		edge1    ckt1   -                cloud    cp-e1   -
		pe1pub   ckt1   192.0.2.2/30     cloud    cp-pe1  -
		edge2    ckt1   -                cloud    cp-e2   -
		pe2pub   ckt1   192.0.2.6/30     cloud    cp-pe2  -
		pe1      att0   10.254.0.1/29    cloud    at-pe1  -
		pe2      att0   10.254.0.2/29    cloud    at-pe2  -
		ergw     att0   10.254.0.3/29    cloud    at-gw   -
		pe1pub   pub0   192.0.2.129/25   pubhost  pub-pe1 -
		pe2pub   pub0   192.0.2.131/25   pubhost  pub-pe2 -
	END
	[ "$LAB_VNET" = yes ] || cat <<-END
		vm1      eth0   10.100.0.11/24   cloud    tap-vm1 -
		vm2      eth0   10.100.0.12/24   cloud    tap-vm2 -
	END
}

# NODE BRIDGE ADDRESS PORT ...
topology_bridges() {
	echo "cloud br-gw 10.100.255.1/27 gw-vpn1 gw-vpn2 gw-er"
	echo "pubhost br-pub 192.0.2.130/25 pub-pe1 pub-pe2"
	[ "$LAB_VNET" = yes ] ||
		echo "cloud virbr-vnet 10.100.0.1/24 tap-vm1 tap-vm2"
}

# NODE ADDRESS on its lo.  198.51.100.128/25 is the site's public range: what
# the host 'app' talks to public services with.
topology_loopbacks() {
	cat <<-END
		app 10.10.2.10/32
		app 10.10.200.10/32
		app 10.128.7.10/32
		app 10.150.3.10/32
		app 198.51.100.130/32
		core 192.168.255.11/32
		edge1 192.168.255.12/32
		edge2 192.168.255.13/32
	END
}

# NODE ROUTE, of the hosts and of what runs no routing daemon.  The internet
# knows public addresses only.
topology_routes() {
	cat <<-END
		app default via 10.10.1.1
		app 192.0.2.128/25 via 10.10.1.1 src 198.51.100.130
		internet 198.51.100.128/25 via 198.51.100.2
		internet 192.0.2.128/25 via 203.0.113.10
	END
	[ "$LAB_VNET" = yes ] || cat <<-END
		vm1 default via 10.100.0.1
		vm2 default via 10.100.0.1
	END
}

# The node that has an address, from the tables above.
topology_owner() { # ADDRESS
	{
		topology_cables | awk '{ print $1, $3; print $4, $6 }'
		topology_bridges | awk '{ print $1, $3 }'
		topology_loopbacks
		echo "edge1 172.16.0.1/30"
		echo "edge2 172.16.0.5/30"
		echo "edge1 192.0.2.1/30"
		echo "edge2 192.0.2.5/30"
		echo "cloud 10.100.0.1/24"
		echo "vm1 10.100.0.11/24"
		echo "vm2 10.100.0.12/24"
	} | awk -v want="$1" '{ split($2, a, "/") } a[1] == want { print $1; exit }'
}
