#!/bin/bash
# bird.sh - BIRD on edge2
#
# Sourced, never run.  cutover.conf is cutover's file, empty at first.

bird_base() {
	cat <<-'END'
		log "/run/bird/bird.log" all;
		router id 192.168.255.13;

		protocol device {
		        scan time 5;
		}

		protocol direct {
		        ipv4;
		        interface "lo", "lan0", "peer0", "inet0";
		}

		protocol kernel {
		        ipv4 {
		                import none;
		                export where source != RTS_DEVICE;
		        };
		        merge paths on;
		}

		protocol static upstream {
		        ipv4;
		        route 0.0.0.0/0 via 198.51.100.5;
		        route 10.100.255.5/32 via "ipsec0";
		}

	END
}

# iBGP says what this edge is the way to: the internet and the cloud.
bird_ibgp() {
	local cloud=" || net = 10.100.0.0/16"
	# A static route that floats is nobody else's: they follow the default.
	[ "$LAB_VARIANT" != static-vpn ] || cloud=""
	sed "s,@CLOUD@,$cloud," <<-'END'
		template bgp inside {
		        local as 65010;
		        direct;
		        hold time 9;
		        keepalive time 3;
		        connect retry time 5;
		        ipv4 {
		                import all;
		                export where source = RTS_BGP || net = 0.0.0.0/0@CLOUD@;
		                next hop self;
		        };
		}

		protocol bgp core from inside {
		        neighbor 192.168.12.1 as 65010;
		}

		protocol bgp edge1 from inside {
		        neighbor 192.168.13.1 as 65010;
		}

	END
}

# With firewalls in the edges this is the second choice, both ways.
bird_vpn() {
	local prepend=""
	[ "$LAB_VARIANT" != stateful ] ||
		prepend="bgp_path.prepend(65010); bgp_path.prepend(65010);"
	sed "s/@PREPEND@/$prepend/" <<-'END'
		filter 'VPN-IN' {
		        if net !~ [ 10.100.0.0/16+ ] then reject;
		        bgp_local_pref = 100;
		        accept;
		}

		filter 'VPN-OUT' {
		        if source != RTS_BGP then reject;
		        if net ~ [ 10.100.0.0/16+ ] then reject;
		        if net !~ [ 10.0.0.0/8+ ] then reject;
		        @PREPEND@
		        accept;
		}

		protocol bgp vpn2 {
		        local 192.168.255.13 as 65010;
		        neighbor 10.100.255.5 as 65515;
		        multihop 2;
		        hold time 9;
		        keepalive time 3;
		        connect retry time 5;
		        ipv4 {
		                import filter 'VPN-IN';
		                export filter 'VPN-OUT';
		                import table on;
		        };
		}

	END
}

bird_static() {
	cat <<-'END'
		protocol static vpn2 {
		        ipv4 {
		                preference 50;
		        };
		        route 10.100.0.0/16 via "ipsec0";
		}

	END
}

bird_write() {
	local folder=$STATE/etc/edge2/bird
	mkdir -p "$folder"
	{
		bird_base
		bird_ibgp
		if [ "$LAB_VARIANT" = static-vpn ]; then
			bird_static
		else
			bird_vpn
		fi
		echo 'include "/etc/bird/cutover.conf";'
	} | sed '/^  *$/d' >"$folder/bird.conf"
	: >"$folder/cutover.conf"
}
