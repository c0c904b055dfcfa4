#!/bin/bash
# wizard_test.sh - the wizard over the lab: real devices, real packets
#
# Typed at and read from through tmux: the first screen checks, reviews and starts;
# its terminal is lost in the middle of a wave and another one takes over; a second
# one watches; the window is resized; it is rolled back from the hold by the run's
# name.  Then a second run goes through to the end.  Captures at both ends count
# every packet meanwhile: none is lost.
set -uo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
export LAB=${LAB:-test-wizard} LAB_ID=${LAB_ID:-236} HOLD=yes LC_ALL=C.UTF-8
# shellcheck source=tests/lab/lib/tap.sh
. "$here/tests/lab/lib/tap.sh"
# shellcheck source=tests/lab/lib/evidence.sh
. "$here/tests/lab/lib/evidence.sh"
# shellcheck source=tests/tui/terminal.sh
. "$here/tests/tui/terminal.sh"

run_name() {
	"$cutover" status --state "$work/state" --json | jq -r .run
}

started() { # NAME: a run, up to the end of its preflight
	open "$1" 80 24 "$work/plan.yaml" --state "$work/state" --name "$1" &&
		until_shows "$1" 30 "is a valid plan" &&
		keys "$1" Enter && until_shows "$1" 120 "The proof holds" &&
		keys "$1" S && until_shows "$1" 5 "Start the run?" &&
		keys "$1" y && until_shows "$1" 240 "the preflight is through"
}

lost_and_resized() {
	started first && go first && until_shows first 120 "wave-canary" &&
		"${tm[@]}" kill-session -t first &&
		open again 80 24 --attach --name again --state "$work/state" &&
		until_shows again 20 "you have control" &&
		"${tm[@]}" resize-window -t again -x 200 -y 60 &&
		until_shows again 5 "Paths to the cloud" &&
		"${tm[@]}" resize-window -t again -x 120 -y 40 &&
		until_shows again 900 "wave 'canary' is done"
}

watched() {
	open second 80 24 --attach --watch --name second --state "$work/state" &&
		until_shows second 20 "again has control" &&
		keys second G && until_shows second 5 "'C' takes control"
}

rolled_back() {
	local run
	run=$(run_name)
	keys again R && until_shows again 5 "type '$run'" &&
		keys again Down Down Down Down Down Down && typed again "$run" &&
		keys again Enter && until_shows again 20 "GOING BACK" &&
		until_shows again 900 "ROLLED BACK" &&
		until_shows again 5 "all equal" &&
		until_shows second 5 "ROLLED BACK"
}

finished() {
	started third && go third &&
		until_shows third 900 "wave 'canary' is done" && go third &&
		until_shows third 900 "FINISHED"
}

first_run() {
	lost_and_resized && watched && rolled_back
}

kept() { # NAME: what a screen shows goes where it can be looked at
	screen "$1" >"$work/screen-$1"
	[ -z "${SCREENS:-}" ] || cp "$work/screen-$1" "$SCREENS/"
}

# However it ends: no terminal is left, and no run.
end() {
	local pid
	terminals_end
	for pid in $(pgrep -f -- "--state $work/"); do
		kill "$pid"
	done
	tap_end
}

tap_start
trap end EXIT
command -v tmux >/dev/null || {
	echo "1..0 # SKIP tmux is not installed (make install-deps)"
	exit 77
}
must "the lab comes up" "$lab" up
"$lab" plan >"$work/plan.yaml"
evidence_config "$work/before"
must "started, lost, attached, watched, rolled back by its name" \
	captured back first_run
kept again
ok "nothing is lost, by probes and by captures" nothing_lost back
evidence_config "$work/after"
ok "the edges run what they ran, text for text" \
	evidence_equal "$work/before" "$work/after"
must "a second run goes through to its end" captured forward finished
kept third
ok "nothing is lost, by probes and by captures" nothing_lost forward
terminals_end
must "the lab goes down" "$lab" down
ok "and leaves nothing behind" no_traces "$LAB" "$LAB_ID"
