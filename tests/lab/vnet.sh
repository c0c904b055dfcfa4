#!/bin/bash
# vnet.sh - the lab's virtual network: a real libvirt with two QEMU machines
#
# usage: vnet.sh install | up | down | status
#   install  builds the machines' kernel and initrd in the cache (once)
#   up       libvirtd, network vnet1, machines vm1 and vm2, and the provider's
#            networks, inactive, all in the lab's node 'cloud'; ends when both
#            machines answer
#   down     takes all that away
#   status   machines, networks, leases
#
# The node is there already, and so are the ends of the cables that the
# provider's networks join (vnet/ports).  The orchestrator on the host reaches
# libvirtd as qemu+unix:///system?socket=$STATE/libvirt/libvirt-sock: a link
# through /proc to the node's /run/libvirt, which ends with the node.
#
# environment: LAB (default cutover), STATE (/run/cutover-lab/$LAB), VNET_CACHE
# (/var/cache/cutover-lab), VNET_ENTER (a command that runs its arguments in the
# node, instead of `lab exec cloud`)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lab=${LAB:-cutover}
state=${STATE:-/run/cutover-lab/$lab}
cache=${VNET_CACHE:-/var/cache/cutover-lab}

node() {
	if [ -n "${VNET_ENTER:-}" ]; then
		# shellcheck disable=SC2086 # a command with its arguments
		$VNET_ENTER "$@"
	else
		"$here/lab" exec cloud "$@"
	fi
}

# The first process of the node, in the host's numbering.
node_pid() {
	local ns file
	ns=$(node readlink /proc/self/ns/mnt)
	for file in /proc/[0-9]*; do
		if [ "$(readlink "$file/ns/mnt" 2>/dev/null)" = "$ns" ] &&
			[ "$(awk '$1 == "NSpid:" { print $NF }' \
				"$file/status" 2>/dev/null)" = 1 ]; then
			echo "${file#/proc/}"
			return 0
		fi
	done
	return 1
}

image_is_fresh() {
	local file
	for file in init lease image.sh responder.c; do
		[ "$cache/stamp" -nt "$here/vnet/$file" ] || return 1
	done
}

up() {
	local pid
	image_is_fresh || bash "$here/vnet/image.sh" "$cache"
	node bash "$here/vnet/node.sh" up "$cache"
	pid=$(node_pid) || pid=
	if [ -z "$pid" ]; then
		echo "vnet: the node 'cloud' has no first process" >&2
		exit 1
	fi
	mkdir -p "$state"
	ln -sfn "/proc/$pid/root/run/libvirt" "$state/libvirt"
}

case ${1:-} in
install)
	bash "$here/vnet/image.sh" "$cache"
	;;
up)
	up
	;;
down)
	rm -f "$state/libvirt"
	# A node that is gone took everything with it.
	! node true 2>/dev/null || node bash "$here/vnet/node.sh" down
	;;
status)
	node bash "$here/vnet/node.sh" status
	;;
*)
	echo "usage: vnet.sh install | up | down | status" >&2
	exit 2
	;;
esac
