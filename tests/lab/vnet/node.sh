#!/bin/bash
# node.sh - the part of vnet.sh that runs inside the node 'cloud'
#
# usage: node.sh up CACHE | down | status
# libvirtd gets folders of its own (tmpfs of the node's mount namespace), so that
# the host's libvirt never sees it.  `up` starts from nothing: whatever a killed
# run left behind is taken down first.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lab/vnet/domain.sh
. "$here/domain.sh"
folders=(/etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt
	/run/libvirt)
pid_file=/run/libvirt/libvirtd.pid
machines="vm1:0b:10.100.0.11 vm2:0c:10.100.0.12"

die() {
	echo "vnet: $*" >&2
	exit 1
}

is_ours() { # FOLDER: whether it is a file system that this script mounted
	grep -q "^cutover-vnet $1 tmpfs " /proc/mounts
}

config_write() {
	local folder
	for folder in "${folders[@]}"; do
		mkdir -p "$folder"
		mount -t tmpfs -o mode=755 cutover-vnet "$folder"
	done
	mkdir -p /run/libvirt/console /etc/libvirt/hooks
	cat >/etc/libvirt/libvirtd.conf <<-END
		unix_sock_dir = "/run/libvirt"
		unix_sock_rw_perms = "0700"
		auth_unix_ro = "none"
		auth_unix_rw = "none"
		log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
	END
	cat >/etc/libvirt/qemu.conf <<-END
		security_driver = "none"
		user = "root"
		group = "root"
		dynamic_ownership = 0
		remember_owner = 0
		cgroup_controllers = [ ]
		namespaces = [ ]
		stdio_handler = "file"
		seccomp_sandbox = 0
	END
	cp "$here/ports" /etc/libvirt/ports
	install -m 755 "$here/hook" /etc/libvirt/hooks/network
	install -m 755 "$here/hook" /etc/libvirt/hooks/qemu
}

daemon_start() {
	local i
	# The caller's files must not stay open in a daemon.
	setsid libvirtd -d -p "$pid_file" -f /etc/libvirt/libvirtd.conf \
		</dev/null >/var/log/libvirt/start.log 2>&1 ||
		die "libvirtd did not start: $(tail -n 3 /var/log/libvirt/*.log)"
	for ((i = 0; i < 100; i++)); do
		virsh -q version >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	die "libvirtd does not answer: $(tail -n 3 /var/log/libvirt/libvirtd.log)"
}

networks_define() {
	local name bridge number=0 script=""
	vnet_xml >/run/libvirt/vnet1.xml
	while read -r name bridge _; do
		[ "$name" != "#" ] || continue
		number=$((number + 1))
		circuit_xml "$name" "$bridge" "$number" >"/run/libvirt/$name.xml"
		script+="net-define /run/libvirt/$name.xml;"
	done <"$here/ports"
	virsh -q "net-define /run/libvirt/vnet1.xml; net-start vnet1; $script" \
		>/dev/null
}

machines_start() { # CACHE
	local machine name number script=""
	for machine in $machines; do
		IFS=: read -r name number _ <<<"$machine"
		domain_xml "$name" "$number" "$1" >"/run/libvirt/$name.xml"
		script+="define /run/libvirt/$name.xml; start $name;"
	done
	virsh -q "$script" >/dev/null
}

# The page without its header.  (A static busybox cannot: its wget dies in the
# resolver of the C library.)
machine_page() { # ADDRESS
	timeout 1 bash -c "exec 3<>'/dev/tcp/$1/80' &&
		printf 'GET / HTTP/1.0\r\n\r\n' >&3 &&
		sed '1,/^\r*\$/d' <&3" 2>/dev/null
}

machines_wait() {
	local machine name address deadline=$((SECONDS + 180))
	for machine in $machines; do
		IFS=: read -r name _ address <<<"$machine"
		until [ -n "$(machine_page "$address")" ]; do
			[ "$SECONDS" -lt "$deadline" ] ||
				die "$name does not answer at $address: $(tail \
					-n 3 "/run/libvirt/console/$name.log")"
			sleep 0.1
		done
	done
}

# Once they are up: what forwards goes before everything else on the host (see
# first() in lib/boot.sh).
machines_first() {
	local file
	for file in /run/libvirt/qemu/vm*.pid; do
		chrt -a -r -p 1 "$(<"$file")" >/dev/null 2>&1 || :
	done
}

up() { # CACHE
	down
	config_write
	daemon_start
	networks_define
	machines_start "$1"
	machines_wait
	machines_first
}

process_end() { # PID-FILE: TERM, and KILL after 5 s
	local pid i
	pid=$(cat "$1" 2>/dev/null) || return 0
	kill "$pid" 2>/dev/null || return 0
	for ((i = 0; i < 50; i++)); do
		kill -0 "$pid" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -KILL "$pid" 2>/dev/null || :
}

# What libvirt would have removed, had it been alive to do so.
remains_remove() {
	local file name bridge
	for file in /run/libvirt/qemu/*.pid /run/libvirt/network/*.pid; do
		[ ! -e "$file" ] || process_end "$file"
	done
	while read -r name bridge _; do
		[ "$name" != "#" ] || continue
		ip link del "$bridge" 2>/dev/null || :
	done < <(cat "$here/ports" && echo "vnet1 virbr-vnet")
}

down() {
	local name script="" folder
	is_ours /run/libvirt || return 0
	if timeout 5 virsh -q version >/dev/null 2>&1; then
		for name in $(virsh -q list --name); do
			script+="destroy $name;"
		done
		for name in $(virsh -q net-list --name); do
			script+="net-destroy $name;"
		done
		[ -z "$script" ] || timeout 20 virsh -q "$script" >/dev/null || :
	fi
	process_end "$pid_file"
	remains_remove
	for folder in "${folders[@]}"; do
		! is_ours "$folder" || umount -l "$folder"
	done
}

status() {
	local machine name address
	is_ours /run/libvirt || die "not up"
	printf '%-8s %-12s %s\n' domain address "name and uptime it answers with"
	for machine in $machines; do
		IFS=: read -r name _ address <<<"$machine"
		printf '%-8s %-12s %s\n' "$name" "$address" \
			"$(machine_page "$address" || echo "no answer")"
	done
	virsh "list --all; net-list --all; net-dhcp-leases vnet1"
}

case ${1:-} in
up) up "$2" ;;
down) down ;;
status) status ;;
*) die "node.sh up CACHE | down | status" ;;
esac
