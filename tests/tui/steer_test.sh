#!/bin/bash
# steer_test.sh - a live run steered from scripts, as a screen steers it
#
# A practice, and each command that changes a run under way: what came of an order
# is in 'status', who gave it in the journal.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/tui/tap.sh
. "$here/tap.sh"

cut() { # COMMAND ...
	local command=$1
	shift
	"$cutover" "$command" --state "$work/state/practice" "$@"
}

status_says() { # JQ
	cut status --json | jq -se "length == 1 and (.[0] | $1)"
}

soon() { # SECONDS JQ
	local end=$((SECONDS + $1))
	until status_says "$2" >/dev/null 2>&1; do
		[ "$SECONDS" -le "$end" ] || {
			cut status --json
			return 1
		}
		sleep 0.1
	done
}

journal_says() { # JQ: of any row
	cut log --json | jq -se "any(.[]; $1)"
}

begins() {
	sed 's/soak: 2s/soak: 60s/' "$here/site.yaml" >"$work/plan.yaml"
	"$cutover" run "$work/plan.yaml" --practice --state "$work/state" \
		--hold-before stage >"$work/run" 2>&1 &
	soon 120 '.held == true'
}

# Pending until the next hold of the plan; taken back it never passes one.
pending() {
	cut go >/dev/null && soon 20 '.held != true' &&
		cut go | grep -q "take-back' takes it back" &&
		status_says '.orders[-1].command == "go" and
			.orders[-1].state == "pending"'
}

taken_back() {
	cut take-back && status_says '.orders[-1].state == "taken-back"' &&
		! cut take-back
}

postponed() {
	cut postpone --wave rest && status_says '.postponed | index("wave-rest") != null' &&
		cut postpone --wave rest --off &&
		status_says '(.postponed // []) | index("wave-rest") == null' &&
		cut postpone --wave rest && ! cut postpone --wave nothing
}

throttled() {
	cut throttle --pause 5s && status_says '.pause_ms == 5000' &&
		cut throttle --pause 0s && status_says '.pause_ms == 0' &&
		! cut throttle --pause 99h
}

soaked() {
	local before after
	soon 120 '.soak_left_ms > 0' || return 1
	before=$(cut status --json | jq .soak_left_ms)
	cut soak --add 5m || return 1
	after=$(cut status --json | jq .soak_left_ms)
	echo "$before, then $after"
	[ "$after" -gt $((before + 240000)) ] && cut soak --add -6m &&
		soon 60 '.held == true' &&
		status_says '.hold_why | contains("canary")'
}

held_before_the_wave() {
	cut go && soon 60 '.held == true' &&
		status_says '.hold_why | contains("rest")'
}

rolls_back() {
	"$cutover" rollback --state "$work/state/practice" --to start &&
		until ! pgrep -f -- "--state $work/" >/dev/null; do
			sleep 0.2
		done
	cut status | grep -q "rolled-back (exit 4)"
}

ok "a practice begins" begins
ok "a go before its hold is pending" pending
ok "and is taken back" taken_back
ok "a wave is postponed, let through, and postponed" postponed
ok "steps are slowed down, and not any more" throttled
ok "a soak is made longer, then shorter" soaked
ok "the postponed wave waits for a go of its own" held_before_the_wave
ok "rolled back from there" rolls_back
ok "the journal says who gave the orders" journal_says \
	'.kind == "order" and (.body.by | contains("command line"))'
tap_plan
