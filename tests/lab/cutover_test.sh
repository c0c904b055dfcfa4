#!/bin/bash
# cutover_test.sh - a whole cutover, and its rollback to every checkpoint in turn
#
# The run is held at each of its checkpoints, where an outsider saves what the
# edges run.  Then it is rolled back to each of them, the last one first; each
# time the edges must run what was saved there, text for text and byte for byte.
# Probes and captures at both ends count every packet meanwhile: none is lost.
set -uo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
export LAB=${LAB:-test-cutover} LAB_ID=${LAB_ID:-231}
# shellcheck source=tests/lab/lib/tap.sh
. "$here/tests/lab/lib/tap.sh"
# shellcheck source=tests/lab/lib/evidence.sh
. "$here/tests/lab/lib/evidence.sh"
checkpoints=(start stage circuit sessions attach wave-canary wave-rest)

is_held() {
	"$cutover" status --state "$work/state" --json |
		jq -e '.status.held // .held' >/dev/null
}

# Steers a run that is under way: holds at a checkpoint, saves, goes on.
hold_at() { # CHECKPOINT
	soon 240 grep -q "> checkpoint '$1'" "$work/run.log" || return 1
	"$cutover" hold --state "$work/state" >/dev/null || return 1
	soon 60 is_held || return 1
	[ "$("$cutover" status --state "$work/state" --json |
		jq -r '.status.last_checkpoint // .last_checkpoint')" = "$1" ] ||
		return 1
	evidence_config "$work/at-$1"
	"$cutover" go --state "$work/state" >/dev/null
}

run_held() {
	local pid checkpoint
	"$cutover" run "$work/plan.yaml" --state "$work/state" \
		>"$work/run.log" 2>&1 &
	pid=$!
	for checkpoint in "${checkpoints[@]}"; do
		hold_at "$checkpoint" || {
			echo "not held at '$checkpoint'"
			tail -n 20 "$work/run.log"
			kill "$pid"
			wait "$pid"
			return 1
		}
	done
	wait "$pid" || {
		tail -n 20 "$work/run.log"
		return 1
	}
}

goes_by() { # TABLE-OF-NODE PREFIX PATTERN
	"$lab" exec "$1" ip route show "$2" | grep -q "$3"
}

back_to() { # CHECKPOINT
	must "rolls back to '$1'" captured "back-$1" roll_back "$1"
	ok "rollback to '$1' loses nothing, by probes and by captures" \
		nothing_lost "back-$1"
	evidence_config "$work/is-$1"
	ok "'$1' is equal to what it was, text for text" \
		evidence_equal "$work/at-$1" "$work/is-$1"
	evidence_vnet "$work/vnet-$1"
	ok "the virtual network is as it was, at '$1'" \
		evidence_vnet_kept "$work/vnet" "$work/vnet-$1"
}

tap_start
must "the lab comes up" "$lab" up
"$lab" plan >"$work/plan.yaml"
must "the plan is right" "$cutover" check "$work/plan.yaml"
evidence_vnet "$work/vnet"
must "the cutover runs, held at every checkpoint" captured run run_held
ok "the cutover loses nothing, by probes and by captures" nothing_lost run
evidence_vnet "$work/vnet-after"
ok "the virtual network is as it was, its machines never restarted" \
	evidence_vnet_kept "$work/vnet" "$work/vnet-after"
ok "edge1 goes to the cloud by the circuit" goes_by edge1 10.100.0.0/16 ckt0
ok "edge2 goes to the cloud by the circuit" goes_by edge2 10.100.0.0/16 ckt0
ok "the cloud goes to the site by the circuit" \
	goes_by cloud 10.10.0.0/16 10.100.255.6
for ((i = ${#checkpoints[@]} - 1; i >= 0; i--)); do
	back_to "${checkpoints[i]}"
done
ok "the cloud goes to the site by the VPN again" \
	goes_by cloud 10.10.0.0/16 10.100.255.4
ok "the journal is whole" "$cutover" verify --state "$work/state"
must "the lab goes down" "$lab" down
ok "and leaves nothing behind" no_traces "$LAB" "$LAB_ID"
