#!/bin/bash
# shellcheck disable=SC2154 # common.sh and topology.sh set what is not set here
# node.sh - nodes are born and end
#
# Sourced, never run.

node_start() { # NODE
	setsid unshare --net --mount --uts --pid --fork --kill-child \
		bash "$here/lib/init.sh" "cutover-lab:$LAB" "$1" "$STATE" \
		</dev/null >"$STATE/log/$1.init" 2>&1 &
	disown
}

nodes_start() {
	local node
	while read -r node _; do
		node_start "$node"
	done < <(topology_nodes)
	while read -r node _; do
		wait_for 120 "node '$node': $(tail -n 1 "$STATE/log/$node.init")" \
			test -e "$STATE/nodes/$node.pid" || exit 1
	done < <(topology_nodes)
}

# Every process on this host that is a first process of this lab's nodes, or the
# unshare that waits for one.  By its arguments: a lab whose script was killed
# has perhaps no notes.
nodes_find() {
	local file words i
	for file in /proc/[0-9]*/cmdline; do
		# No other process: on a busy host thousands of them take minutes.
		mapfile -d '' -t words 2>/dev/null <"$file" || continue
		for ((i = 1; i < ${#words[@]}; i++)); do
			[ "${words[i]}" = "cutover-lab:$LAB" ] || continue
			[[ ${words[i - 1]} == */lib/init.sh ]] || continue
			file=${file%/cmdline}
			echo "${file#/proc/}"
			break
		done
	done 2>/dev/null
}

nodes_end() {
	local pids deadline=$((SECONDS + 60))
	while pids=$(nodes_find) && [ -n "$pids" ]; do
		# shellcheck disable=SC2086 # a list of numbers
		kill -KILL $pids 2>/dev/null || :
		[ "$SECONDS" -lt "$deadline" ] ||
			die "these processes do not end: $pids"
		sleep 0.1
	done
}

# Runs a function for every node, four at a time, and fails if any failed.
nodes_each() { # FUNCTION
	local node failed=0 pid pids=()
	while read -r node _; do
		"$1" "$node" </dev/null >"$STATE/log/$node.$1" 2>&1 &
		pids+=("$!:$node")
		[ "$(jobs -r | wc -l)" -lt 4 ] || wait -n || :
	done < <(topology_nodes)
	for pid in "${pids[@]}"; do
		wait "${pid%%:*}" || {
			failed=1
			echo "lab: $1 failed in '${pid#*:}':" >&2
			tail -n 5 "$STATE/log/${pid#*:}.$1" >&2
		}
	done
	return "$failed"
}
