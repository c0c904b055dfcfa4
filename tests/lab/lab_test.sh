#!/bin/bash
# lab_test.sh - the lab comes and goes without a trace, whatever was there before
set -uo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
export LAB=${LAB:-test-lab} LAB_ID=${LAB_ID:-234} LAB_VNET=no
# shellcheck source=tests/lab/lib/tap.sh
. "$here/tests/lab/lib/tap.sh"

killed_halfway() {
	setsid "$lab" up >"$work/up.log" 2>&1 &
	soon 120 test -e "/run/cutover-lab/$LAB/nodes/core.pid" || return 1
	kill -KILL -- "-$!"
	wait "$!" 2>/dev/null
	[ -n "$(traces "$LAB" "$LAB_ID")" ]
}

reaches() {
	"$lab" exec app busybox ping -c 1 -W 1 10.100.0.11
}

same_id() {
	local out
	out=$(LAB=$LAB-b "$lab" up 2>&1) && return 1
	echo "$out"
	grep -q 'another lab has id' <<<"$out"
}

# What is of other labs comes and goes as it likes.
host_state() {
	ip -br link | grep -vE '^(cl[0-9]+-|cutlab[0-9])' | sort
	ip rule
	ip route | grep -v cutlab
	grep -v cutover-lab /proc/mounts | sort
}

host_as_before() {
	diff "$work/host" <(host_state)
}

tap_start
host_state >"$work/host"
must "an 'up' that is killed halfway leaves a lab behind" killed_halfway
ok "which the next 'down' takes away" "$lab" down
ok "without a trace" no_traces "$LAB" "$LAB_ID"
must "an 'up' is killed halfway again" killed_halfway
must "and the next 'up' starts from nothing" "$lab" up
ok "app reaches vm1" reaches
ok "a second lab with its id is refused" same_id
ok "and the first one lives on" reaches
ok "it goes down" "$lab" down
ok "without a trace" no_traces "$LAB" "$LAB_ID"
ok "links, rules, routes and mounts of the host are what they were" \
	host_as_before
ok "'down' of a lab that is not there is no error" "$lab" down
