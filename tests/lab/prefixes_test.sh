#!/bin/bash
# prefixes_test.sh - a thousand prefixes of the site, moved and brought back by one rule
#
# 'rest' names 10.128.0.0/9 ge 24 le 24: what it matches is 1,000 prefixes that the
# core originates.  All of them must be on the circuit afterwards and on the VPN
# again after the rollback, and meanwhile no packet is lost.
set -uo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
export LAB=${LAB:-test-prefixes} LAB_ID=${LAB_ID:-235}
export LAB_PREFIXES=${LAB_PREFIXES:-1000}
# above Azure's 4,000 it is another provider, who takes them
[ "$LAB_PREFIXES" -lt 3000 ] || export LAB_LIMIT=$((2 * LAB_PREFIXES))
# shellcheck source=tests/lab/lib/tap.sh
. "$here/tests/lab/lib/tap.sh"
# shellcheck source=tests/lab/lib/evidence.sh
. "$here/tests/lab/lib/evidence.sh"

all_via() { # GATEWAY-PATTERN: that way the cloud sends all of them
	local n
	n=$("$lab" exec cloud ip -o route show root 10.128.0.0/9 |
		grep -cE "via $1 ")
	echo "$n of $LAB_PREFIXES by $1"
	[ "$n" -ge "$LAB_PREFIXES" ]
}

export PUBLIC=no
tap_start
must "the lab comes up with $LAB_PREFIXES prefixes" "$lab" up
"$lab" plan >"$work/plan.yaml"
must "the plan is right" "$cutover" check "$work/plan.yaml"
evidence_config "$work/before"
must "the cutover runs" captured run "$cutover" run "$work/plan.yaml" \
	--state "$work/state" --go
ok "the cutover loses nothing, by probes and by captures" nothing_lost run
ok "the cloud sends all prefixes by the circuit" all_via 10.100.255.6
must "it rolls back" captured back roll_back start
ok "the rollback loses nothing" nothing_lost back
ok "the cloud sends all prefixes by the VPN again" \
	all_via '10.100.255.[45]'
evidence_config "$work/back"
ok "the edges run what they ran, text for text" \
	evidence_equal "$work/before" "$work/back"
must "the lab goes down" "$lab" down
ok "and leaves nothing behind" no_traces "$LAB" "$LAB_ID"
