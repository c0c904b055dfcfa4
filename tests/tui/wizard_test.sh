#!/bin/bash
# wizard_test.sh - the whole wizard over practices: no device, no lab
#
# The real program with the real run behind it; only the network is in memory.
# Scripts press keys and look at screens (tui/script.c).
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/tui/tap.sh
. "$here/tap.sh"

play() { # SCRIPT STATE [ARGUMENTS]
	local script=$1 state=$2
	shift 2
	"$cutover" wizard "$here/site.yaml" --state "$work/$state" \
		--script "$here/$script.script" "$@"
}

journal_says() { # STATE RESULT
	"$cutover" log --state "$work/$1/practice" --json |
		grep '"kind":"end"' | grep -q "\"result\":\"$2\""
}

attached() { # SCRIPT STATE NAME: joins what runs there
	local i=0
	until compgen -G "$work/$2/practice/run/*.sock" >/dev/null; do
		i=$((i + 1))
		[ "$i" -lt 300 ] || return 1
		sleep 0.1
	done
	"$cutover" wizard --attach --practice --watch --name "$3" \
		--state "$work/$2" --script "$here/$1.script"
}

two_screens() {
	local pid rc
	play first two --name first >"$work/first" 2>&1 &
	pid=$!
	attached watch two second
	rc=$?
	wait "$pid" || {
		cat "$work/first"
		return 1
	}
	return "$rc"
}

# Whoever watches is killed; the run holds on and can be joined again.
killed_and_joined() {
	local pid
	printf 'key practice\npress y\nwait 120 the preflight is through\nsleep 60\n' \
		>"$work/hang.script"
	"$cutover" wizard "$here/site.yaml" --state "$work/kill" \
		--script "$work/hang.script" >/dev/null 2>&1 &
	pid=$!
	for _ in $(seq 300); do
		"$cutover" status --state "$work/kill/practice" --json 2>/dev/null |
			grep -q '"phase":"hold"' && break
		sleep 0.1
	done
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	printf 'wait 20 you have control\nexpect HOLDING\n' >"$work/join.script"
	"$cutover" wizard --attach --practice --state "$work/kill" \
		--script "$work/join.script"
}

# The run's process is killed: the screen says so.
engine_killed() {
	local pid
	printf 'wait 60 HOLDING\nsave %s/held\nwait 60 NO PROCESS\n' "$work" \
		>"$work/gone.script"
	pid=$("$cutover" status --state "$work/kill/practice" --json |
		grep -o '"pid":[0-9]*' | cut -d: -f2)
	[ -n "$pid" ] || return 1
	(
		until [ -e "$work/held" ]; do sleep 0.1; done
		kill -9 "$pid"
	) &
	"$cutover" wizard --attach --practice --state "$work/kill" \
		--script "$work/gone.script"
}

# Soaks long enough to be made longer.
orders_by_keys() {
	sed 's/soak: 2s/soak: 20s/' "$here/site.yaml" >"$work/site.yaml"
	"$cutover" wizard "$work/site.yaml" --state "$work/orders" \
		--script "$here/orders.script"
}

practice_is_no_run() {
	"$cutover" resume --state "$work/forward/practice" 2>&1 |
		grep -q 'was a practice'
}

plain_says_it() {
	printf 'help\nleave\n' | "$cutover" wizard "$here/site.yaml" --plain \
		--state "$work/plain" | grep -q "is a valid plan"
}

ok "a whole cutover, screen by screen" play forward forward
ok "its journal says that it finished" journal_says forward finished
ok "a practice cannot be resumed against devices" practice_is_no_run
ok "a rollback from a hold" play back back
ok "its journal says that it was rolled back" journal_says back rolled-back
ok "orders by keys, and what becomes of them" orders_by_keys
ok "two screens, one of them in control" two_screens
ok "a screen that is killed changes nothing" killed_and_joined
ok "a run that is killed is shown to be gone" engine_killed
ok "the line mode says the same" plain_says_it
tap_plan
