#!/bin/bash
# shellcheck disable=SC2154 # common.sh and topology.sh set what is not set here
# ssh.sh - keys and the SSH server's configuration of every node
#
# Sourced, never run.  Every node has a host key of its own; $STATE/known_hosts
# lists them all, and $STATE/id_ed25519 opens root on every node.

ssh_keys() {
	local node byte key
	ssh-keygen -q -t ed25519 -N "" -C "lab $LAB" -f "$STATE/id_ed25519"
	while read -r node byte; do
		key=$STATE/etc/$node/ssh/ssh_host_ed25519_key
		mkdir -p "${key%/*}"
		ssh-keygen -q -t ed25519 -N "" -C "$node" -f "$key"
		echo "$mgmt_net.$byte $(cut -d ' ' -f 1,2 "$key.pub")"
		ssh_config "$byte" >"$STATE/etc/$node/ssh/sshd_config"
		cp "$STATE/id_ed25519.pub" "$STATE/etc/$node/ssh/authorized_keys"
		ssh_shadow >"$STATE/etc/$node/shadow"
		chmod 600 "$STATE/etc/$node/shadow"
		ssh_passwd >"$STATE/etc/$node/passwd"
	done < <(topology_nodes) >"$STATE/known_hosts"
}

# A locked root may not log in, even by key, where there is no PAM.
ssh_shadow() {
	sed 's/^root:[^:]*:/root:*:/' /etc/shadow
}

# Nor is a node's root the host's root, with what that has in its .bashrc.
ssh_passwd() {
	awk -F: -v OFS=: '$1 == "root" { $6 = "/run/root"; $7 = "/bin/bash" }
		{ print }' /etc/passwd
}

ssh_config() { # BYTE
	cat <<-END
		ListenAddress $mgmt_net.$1:22
		HostKey /etc/ssh/ssh_host_ed25519_key
		AuthorizedKeysFile /etc/ssh/authorized_keys
		PermitRootLogin prohibit-password
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		UsePAM no
		UseDNS no
		PrintMotd no
		PrintLastLog no
		MaxStartups 100
		MaxSessions 100
		PidFile /run/sshd.pid
		Subsystem sftp internal-sftp
	END
}
