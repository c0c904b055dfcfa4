#!/bin/bash
# plain_test.sh - the wizard as lines and prompts, from the first to the last
#
# What a screen reader hears: every prompt is answered as a person would, nothing is
# said by a place on a screen or by a colour.  The runs are practices.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/tui/tap.sh
. "$here/tap.sh"
pid=

at_end() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
}

at_failure() {
	echo "# the last that was heard:"
	tail -n 20 "$work/heard" | sed 's/^/# /'
}

talk() { # WORDS ...: of 'cutover wizard --plain'
	rm -f "$work/mouth"
	mkfifo "$work/mouth"
	"$cutover" wizard "$@" --plain <"$work/mouth" >"$work/heard" 2>&1 &
	pid=$!
	exec 9>"$work/mouth"
	: >"$work/before"
}

say() { # LINE: what is heard from here on is an answer to it
	wc -c <"$work/heard" >"$work/before"
	echo "$1" >&9
}

hear() { # SECONDS TEXT
	local end=$((SECONDS + $1)) from
	from=$(cat "$work/before")
	until tail -c "+$((${from:-0} + 1))" "$work/heard" | grep -qF -- "$2"; do
		[ "$SECONDS" -le "$end" ] || {
			echo "not heard: $2"
			return 1
		}
		sleep 0.1
	done
}

hang_up() {
	exec 9>&-
	wait "$pid"
}

reviews() {
	talk "$here/site.yaml" --state "$work/a" --name ann &&
		hear 20 "is a valid plan" && say help && hear 5 "practice" &&
		hear 5 "who has approved exactly this plan" && say review &&
		hear 60 "The proof holds" && hear 5 "back from 'wave-canary'" &&
		say approvals && hear 5 "0 of 0 approvals" && say nonsense &&
		hear 5 "'help' says what can be said here"
}

goes() {
	say practice && hear 5 "Start a practice?" && say maybe &&
		hear 5 "yes or no" && say yes &&
		hear 120 "the preflight is through" &&
		hear 5 "go, rollback, status, help:" && say go &&
		hear 5 "Go on?" && say yes &&
		hear 120 "wave 'canary' is done" &&
		hear 5 "'canary': to the cloud by circuit, to the site by circuit"
}

tells() {
	say status && hear 5 "path er/primary/private on edge1" &&
		hear 5 "group rest: to the cloud by circuit, to the site by VPN" &&
		hear 5 "no window" && say log &&
		hear 5 "checkpoint 'wave-canary' is recorded"
}

goes_back() {
	local run
	run=$("$cutover" status --state "$work/a/practice" --json | jq -r .run)
	say rollback && hear 5 "type '$run', or 'no':" && say yes &&
		hear 5 "that is not what was asked for" && say no &&
		hear 5 "nothing was done" && say rollback &&
		hear 5 "back to checkpoint 'attach'" && say down &&
		hear 5 "back to checkpoint 'sessions'" && say "$run" &&
		hear 60 "GOING BACK" && hear 120 "ROLLED BACK" &&
		hear 20 "everything is as it was at 'sessions'"
}

leaves() {
	say leave && hang_up
}

# Who ends the line ends the wizard, not the run.
attached() {
	talk "$here/site.yaml" --state "$work/b" --name ann &&
		hear 20 "is a valid plan" && say practice && hear 5 "practice?" &&
		say yes && hear 120 "the preflight is through" && hang_up &&
		talk --attach --practice --state "$work/b" --name ben &&
		hear 20 "HOLDING" && hear 20 "you have control" && say go &&
		hear 5 "Go on?" && say yes && hear 120 "wave 'canary' is done" &&
		say go && hear 5 "Go on?" && say yes && hear 120 "FINISHED" &&
		hear 20 "canary-vm: " && leaves
}

no_escape() { # sequences of terminals are nothing for a reader
	! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f]' "$work/heard"
}

ok "a plan is reviewed by words" reviews
ok "a practice up to its hold" goes
ok "all that a screen shows is said" tells
ok "back to a checkpoint, by the run's name" goes_back
ok "nothing but text is said" no_escape
ok "left" leaves
ok "attached again by another one, up to the end" attached
tap_plan
