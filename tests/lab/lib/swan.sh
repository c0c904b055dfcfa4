#!/bin/bash
# swan.sh - strongSwan: one tunnel an edge, ESP in userspace
#
# Sourced, never run.  The kernel has no ESP here, so charon does it itself
# (kernel-libipsec) and packets reach it through the interface ipsec0.  The routes
# into it are made by the routing daemons.  kernel-libipsec makes its own and
# cannot be told not to: they go to table 220, whose rule boot.sh deletes, so that
# no hidden table hides a lost route, and packets to the peer's outer address
# never enter the tunnel although its selectors are 0.0.0.0/0.

swan_daemon() {
	cat <<-'END'
		charon {
		        load = random nonce openssl aes sha1 sha2 hmac kdf gcm curve25519 gmp pem pkcs1 x509 pubkey kernel-libipsec kernel-netlink socket-default vici
		        install_routes = no
		        install_virtual_ip = no
		        routing_table = 220
		        retry_initiate_interval = 2s
		        filelog {
		                log {
		                        path = /run/charon.log
		                        time_format = %H:%M:%S
		                        default = 1
		                        ike_name = yes
		                        flush_line = yes
		                }
		        }
		}
		swanctl {
		        load = random nonce openssl pem pkcs1 x509 pubkey
		}
	END
}

swan_connection() { # LOCAL REMOTE START-ACTION SECRET
	cat <<-END
		connections {
		        azure {
		                version = 2
		                local_addrs = $1
		                remote_addrs = $2
		                proposals = aes256-sha256-curve25519
		                dpd_delay = 5s
		                keyingtries = 0
		                unique = replace
		                local {
		                        auth = psk
		                        id = $1
		                }
		                remote {
		                        auth = psk
		                        id = $2
		                }
		                children {
		                        azure {
		                                local_ts = 0.0.0.0/0
		                                remote_ts = 0.0.0.0/0
		                                esp_proposals = aes128gcm16
		                                start_action = $3
		                                close_action = $3
		                                dpd_action = ${5}
		                        }
		                }
		        }
		}
		secrets {
		        ike-azure {
		                id-1 = $1
		                id-2 = $2
		                secret = "$4"
		        }
		}
	END
}

swan_write() {
	local node local_ip remote_ip start dpd
	while read -r node local_ip remote_ip start dpd; do
		# Silence: swanctl complains about every folder that is not there.
		mkdir -p "$STATE/etc/$node/swanctl"/{x509,x509ca,x509ocsp,x509aa} \
			"$STATE/etc/$node/swanctl"/{x509ac,x509crl,pubkey,private} \
			"$STATE/etc/$node/swanctl"/{rsa,ecdsa,bliss,pkcs8,pkcs12}
		swan_connection "$local_ip" "$remote_ip" "$start" \
			"vpn-psk-secret" "$dpd" >"$STATE/etc/$node/swanctl/swanctl.conf"
		swan_daemon >"$STATE/etc/$node/strongswan.conf"
	done <<-END
		edge1 198.51.100.2 203.0.113.2 start restart
		edge2 198.51.100.6 203.0.113.6 start restart
		vpngw1 203.0.113.2 198.51.100.2 none clear
		vpngw2 203.0.113.6 198.51.100.6 none clear
	END
}
