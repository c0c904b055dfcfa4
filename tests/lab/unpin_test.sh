#!/bin/bash
# unpin_test.sh - the strategy 'unpin-from-vpn': held on the VPN, let go one by one
#
# Both groups move in one wave.  The circuit is announced while more-specifics keep
# the cloud's traffic on the VPN; then one group after the other is let go.  Nothing
# is lost there or back, and no more-specific is left anywhere.
set -uo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
export LAB=${LAB:-test-unpin} LAB_ID=${LAB_ID:-237}
# shellcheck source=tests/lab/lib/tap.sh
. "$here/tests/lab/lib/tap.sh"
# shellcheck source=tests/lab/lib/evidence.sh
. "$here/tests/lab/lib/evidence.sh"

cloud_sends() { # PREFIX GATEWAY-PATTERN
	"$lab" exec cloud ip route show "$1" | grep -E "via $2 "
}

held() { # the halves that the cloud has heard of
	"$lab" exec cloud ip -o route show root 10.10.0.0/16 |
		grep -E '^10\.10\.(0|128)\.0/17|^10\.10\.200\.(0|128)/25'
}

# While the run goes on: 'canary' goes by the circuit, 'rest' is still held.
seen_between() {
	soon 300 grep -q "> let 'canary' go" "$work/run.log" &&
		soon 20 cloud_sends 10.10.200.0/24 10.100.255.6 &&
		held | grep -q '^10.10.0.0/17'
}

run_and_look() {
	local pid rc=0
	"$cutover" run "$work/plan.yaml" --state "$work/state" --go \
		>"$work/run.log" 2>&1 &
	pid=$!
	seen_between || rc=1
	wait "$pid" || rc=1
	[ "$rc" = 0 ] || tail -n 30 "$work/run.log"
	return "$rc"
}

export PUBLIC=no STRATEGY=unpin-from-vpn WAVES=one
tap_start
must "the lab comes up" "$lab" up
"$lab" plan >"$work/plan.yaml"
must "the plan is right" "$cutover" check "$work/plan.yaml"
evidence_config "$work/before"
must "the cutover lets one group go, then the other" captured run run_and_look
ok "the cutover loses nothing, by probes and by captures" nothing_lost run
ok "'canary' comes by the circuit" cloud_sends 10.10.200.0/24 10.100.255.6
ok "'rest' comes by the circuit" cloud_sends 10.10.0.0/16 10.100.255.6
ok "no more-specific is left" not held
must "it rolls back" captured back roll_back start
ok "the rollback loses nothing" nothing_lost back
ok "no more-specific is left after it" not held
evidence_config "$work/back"
ok "the edges run what they ran, text for text" \
	evidence_equal "$work/before" "$work/back"
must "the lab goes down" "$lab" down
ok "and leaves nothing behind" no_traces "$LAB" "$LAB_ID"
