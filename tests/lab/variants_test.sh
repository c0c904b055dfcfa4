#!/bin/bash
# variants_test.sh - a VPN of static routes, firewalls, a provider that owns layer 3
#
# 'static-vpn': the VPN has no BGP; its routes are static and float below BGP.  The
# cutover loses nothing.  The way back cannot be held by more-specifics where
# nobody is there to announce them to: what it loses is said, not judged.
# 'stateful': both edges track connections and drop what they do not know.  All
# moves in one wave; a TCP connection that was open before is open afterwards.  These
# two are up side by side.  'network-service': the edges speak BGP with the
# provider's own routers (another AS), which speak with the cloud.
set -uo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
id=${LAB_ID:-232}
base=${LAB:-test}
# shellcheck source=tests/lab/lib/evidence.sh
. "$here/tests/lab/lib/evidence.sh"

# One line of echo every 0.2 s on one TCP connection: 'lines, longest wait in ms'.
echo_flow() { # FILE
	# shellcheck disable=SC2016 # the node's shell is to expand it
	"$lab" exec app bash -c '
		exec 3<>/dev/tcp/10.100.0.11/7 || exit 1
		n=0 worst=0
		trap "exit 0" TERM
		while :; do
			from=${EPOCHREALTIME/[.,]/}
			echo "line $n" >&3
			read -r -t 10 -u 3 line && [ "$line" = "line $n" ] || exit 1
			took=$(((${EPOCHREALTIME/[.,]/} - from) / 1000))
			[ "$took" -le "$worst" ] || worst=$took
			n=$((n + 1))
			echo "$n $worst" >"$1.new" && mv "$1.new" "$1"
			sleep 0.2
		done' flow "$1"
}

flow_lives() { # FILE: it echoes on
	local before after
	before=$(cut -d ' ' -f 1 "$1") || return 1
	sleep 3
	after=$(cut -d ' ' -f 1 "$1")
	echo "lines so far: $before, then $after"
	[ "$after" -gt "$before" ]
}

variant() { # VARIANT ID
	local flow
	export LAB=$base-$1 LAB_ID=$2 LAB_VARIANT=$1
	# shellcheck source=tests/lab/lib/tap.sh
	. "$here/tests/lab/lib/tap.sh"
	export PUBLIC=no
	tap_start
	must "$1: the lab comes up" "$lab" up
	"$lab" plan >"$work/plan.yaml"
	must "$1: the plan is right" "$cutover" check "$work/plan.yaml"
	evidence_config "$work/before"
	evidence_vnet "$work/vnet"
	flow=/run/cutover-lab/$LAB/flow
	echo_flow "$flow" >&2 &
	must "$1: a TCP connection is open" soon 10 test -s "$flow"
	must "$1: the cutover runs" captured run "$cutover" run \
		"$work/plan.yaml" --state "$work/state" --go
	ok "$1: the cutover loses nothing, by probes and by captures" \
		nothing_lost run
	ok "$1: the TCP connection is still open" flow_lives "$flow"
	evidence_vnet "$work/vnet-after"
	ok "$1: the virtual network is as it was" \
		evidence_vnet_kept "$work/vnet" "$work/vnet-after"
	must "$1: it rolls back" captured back roll_back start
	if [ "$1" = static-vpn ]; then
		nothing_lost back | sed 's/^/# /'
	else
		ok "$1: the rollback loses nothing" nothing_lost back
	fi
	ok "$1: the TCP connection is still open after the rollback" \
		flow_lives "$flow"
	evidence_config "$work/back"
	ok "$1: the edges run what they ran, text for text" \
		evidence_equal "$work/before" "$work/back"
	must "$1: the lab goes down" "$lab" down
	ok "$1: and leaves nothing behind" no_traces "$LAB" "$LAB_ID"
}

trap 'kill $(jobs -p) 2>/dev/null; wait' INT TERM HUP
logs=$(mktemp -d)
(variant static-vpn "$id") >"$logs/static-vpn" &
(variant stateful "$((id + 1))") >"$logs/stateful" &
wait
(variant network-service "$id") >"$logs/network-service"
cat "$logs/static-vpn" "$logs/stateful" "$logs/network-service" | awk '/^1\.\.0/ { if (n++) next } { print }'
grep -q '^not ok' "$logs"/* && status=1 || status=0
grep -q '^1\.\.0' "$logs"/* && status=77
rm -rf "$logs"
exit "$status"
