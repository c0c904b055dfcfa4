#!/bin/bash
# shellcheck disable=SC2154 # common.sh sets what is not set here
# possible.sh - whether this host can have a lab at all
#
# Sourced, never run.  Says everything that is missing, one line each.

possible_programs() {
	local program missing=""
	for program in unshare nsenter ip tcpdump ethtool iptables sysctl busybox jq \
		sshd ssh-keygen cc swanctl vtysh bird birdc; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null ||
			missing+=" $program"
	done
	for program in /usr/lib/frr/bgpd /usr/lib/ipsec/charon; do
		[ -x "$program" ] || missing+=" $program"
	done
	if [ "$LAB_VNET" = yes ]; then
		for program in libvirtd virsh qemu-system-x86_64; do
			PATH=$PATH:/usr/sbin:/sbin command -v "$program" \
				>/dev/null || missing+=" $program"
		done
	fi
	[ -z "$missing" ] || {
		echo "lab: missing:$missing; 'make lab-install' installs them"
		return 1
	}
}

# Namespaces, cables, tunnels: in a namespace of its own, which takes all along.
possible_kernel() {
	local bad=0
	unshare --net --mount --uts --pid --fork --kill-child true 2>/dev/null || {
		echo "lab: the kernel, or a container, forbids namespaces"
		return 1
	}
	unshare --net ip link add name lab0 type veth \
		peer name lab1 2>/dev/null || {
		echo "lab: the kernel has no veth"
		bad=1
	}
	unshare --net ip link add name lab0 type bridge 2>/dev/null || {
		echo "lab: the kernel has no bridge"
		bad=1
	}
	unshare --net ip tuntap add name lab0 mode tun 2>/dev/null || {
		echo "lab: no TUN here (/dev/net/tun): charon cannot make ipsec0"
		bad=1
	}
	unshare --mount mount -t tmpfs lab /mnt 2>/dev/null || {
		echo "lab: nothing may be mounted here"
		bad=1
	}
	return "$bad"
}

possible_all() {
	local bad=0
	[ "$(id -u)" = 0 ] || {
		echo "lab: a lab needs root"
		return 1
	}
	possible_programs || bad=1
	possible_kernel || bad=1
	return "$bad"
}
