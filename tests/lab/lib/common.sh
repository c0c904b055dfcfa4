#!/bin/bash
# shellcheck disable=SC2034,SC2119,SC2120 # others use what is set here
# common.sh - what every command of the lab knows: its names, its state, its nodes
#
# A lab is a folder, /run/cutover-lab/NAME, and the nodes whose first processes
# are noted there (nodes/NODE.pid).  A node is a network, mount, UTS and PID
# namespace; it dies with its first process and takes all that runs in it along.
# Sourced, never run.  `here` is the folder tests/lab.

LAB=${LAB:-cutover}
STATE=/run/cutover-lab/$LAB

# What the caller asks for: what a new lab is brought up with.
lab_wanted=(
	"${LAB_ID:-0}" "${LAB_PREFIXES:-0}" "${LAB_VARIANT:-bgp}"
	"${LAB_VNET:-yes}" "${LAB_LIMIT:-4000}"
)

# What a lab was brought up with wins over what the caller asks for.
lab_settings() { # [fresh]
	LAB_ID=${lab_wanted[0]}
	LAB_PREFIXES=${lab_wanted[1]}
	LAB_VARIANT=${lab_wanted[2]}
	LAB_VNET=${lab_wanted[3]}
	LAB_LIMIT=${lab_wanted[4]}
	if [ "${1:-}" != fresh ] && [ -r "$STATE/settings" ]; then
		# shellcheck source=/dev/null
		. "$STATE/settings"
	fi
	mgmt_net=100.64.$LAB_ID
	mgmt_bridge=cutlab$LAB_ID
	export LAB LAB_ID LAB_PREFIXES LAB_VARIANT LAB_VNET LAB_LIMIT STATE
}

say() {
	echo "lab: $*"
}

die() {
	echo "lab: $*" >&2
	exit 1
}

node_pid() { # NODE
	local pid
	[ -r "$STATE/nodes/$1.pid" ] || die "no node '$1' in lab '$LAB'"
	pid=$(<"$STATE/nodes/$1.pid")
	[ -d "/proc/$pid" ] || die "node '$1' of lab '$LAB' is dead"
	echo "$pid"
}

node_exec() { # NODE CMD ...
	local pid
	pid=$(node_pid "$1") || exit 1
	shift
	nsenter -t "$pid" -n -m -u -p -r -- env -u LIBVIRT_DEFAULT_URI \
		-u VIRSH_DEFAULT_CONNECT_URI HOME=/run/root "$@"
}

# The same, in place of this process.
node_enter() { # NODE CMD ...
	local pid
	pid=$(node_pid "$1") || exit 1
	shift
	exec nsenter -t "$pid" -n -m -u -p -r -- env -u LIBVIRT_DEFAULT_URI \
		-u VIRSH_DEFAULT_CONNECT_URI HOME=/run/root "$@"
}

# Only the network of a node: the host's files and process numbers stay.
node_net() { # NODE CMD ...
	local pid
	pid=$(node_pid "$1") || exit 1
	shift
	nsenter -t "$pid" -n -- "$@"
}

wait_for() { # SECONDS WHAT CMD ...
	local deadline=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$deadline" ] || {
			echo "lab: waited in vain for $what" >&2
			return 1
		}
		sleep 0.1
	done
}

lab_settings
