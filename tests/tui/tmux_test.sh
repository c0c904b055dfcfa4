#!/bin/bash
# tmux_test.sh - the real program on a real terminal, typed at and read from
#
# tmux is the terminal: send-keys types, capture-pane reads.  The runs are
# practices: the network alone is in memory.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/tui/tap.sh
. "$here/tap.sh"
export LC_ALL=C.UTF-8
# shellcheck source=tests/tui/terminal.sh
. "$here/terminal.sh"

command -v tmux >/dev/null || {
	echo "1..0 # SKIP tmux is not installed (make install-deps)"
	exit 0
}

at_end() {
	terminals_end
}

engine() { # STATE: the run's process
	"$cutover" status --state "$work/$1/practice" --json |
		grep -o '"pid":[0-9]*' | cut -d: -f2
}

begin() { # NAME STATE: a practice, up to the end of its preflight
	open "$1" 80 24 "$here/site.yaml" --state "$work/$2" --name "$1" &&
		until_shows "$1" 20 "is a valid plan" &&
		keys "$1" P && until_shows "$1" 5 "Start a practice?" &&
		keys "$1" y && until_shows "$1" 120 "the preflight is through"
}

# ---- what is tested ----

whole() {
	open a 80 24 "$here/site.yaml" --state "$work/a" --name a &&
		until_shows a 20 "is a valid plan" &&
		keys a Enter && until_shows a 60 "The proof holds" &&
		keys a Tab && until_shows a 5 "the way back" &&
		keys a Escape && until_shows a 5 "is a valid plan" &&
		keys a P && until_shows a 5 "Start a practice?" && keys a n &&
		until_shows a 5 "nothing was done" &&
		keys a P && until_shows a 5 "Start a practice?" && keys a y &&
		until_shows a 120 "the preflight is through" && go a &&
		until_shows a 60 "RUNNING"
}

# In the middle of the same run, wherever it stands.
resized() {
	"${tm[@]}" resize-window -t a -x 200 -y 60 &&
		until_shows a 5 "Paths to the cloud" &&
		[ "$(screen a | head -1 | wc -m)" -gt 180 ] &&
		"${tm[@]}" resize-window -t a -x 40 -y 10 &&
		until_shows a 5 "too small" &&
		"${tm[@]}" resize-window -t a -x 80 -y 24 &&
		until_shows a 180 "HOLDING" &&
		until_shows a 30 "wave 'canary' is done"
}

second_screen() {
	open b 120 40 --attach --practice --watch --name second \
		--state "$work/a" &&
		until_shows b 20 "a has control" &&
		keys b G && until_shows b 5 "'C' takes control" &&
		keys b C && until_shows b 5 "Take control?" && keys b y &&
		until_shows b 5 "you have control" &&
		until_shows a 5 "second has control" &&
		go b && until_shows b 180 "FINISHED" &&
		until_shows a 20 "FINISHED" && until_shows a 5 "0 lost"
}

# The terminal is gone without a word; the run holds on.
lost_terminal() {
	begin c c && go c && until_shows c 60 "RUNNING" &&
		"${tm[@]}" kill-session -t c &&
		open c2 80 24 --attach --practice --name again \
			--state "$work/c" &&
		until_shows c2 20 "you have control" &&
		until_shows c2 180 "wave 'canary' is done"
}

silent_engine() {
	local pid
	pid=$(engine c) && kill -STOP "$pid" || return 1
	until_shows c2 10 "NO ANSWER" || {
		kill -CONT "$pid"
		return 1
	}
	keys c2 '?' && until_shows c2 2 "Keys, and the same" && keys c2 Escape
	kill -CONT "$pid"
	until_shows c2 10 "HOLDING"
}

rolled_back() {
	local run
	run=$("$cutover" status --state "$work/c/practice" --json |
		grep -o '"run":"[^"]*"' | cut -d'"' -f4)
	keys c2 R && until_shows c2 5 "Back to which checkpoint?" &&
		until_shows c2 5 "type '$run'" &&
		typed c2 "no such run" && keys c2 Enter &&
		until_shows c2 5 "not what was asked for" && keys c2 Escape &&
		until_shows c2 5 "HOLDING" && keys c2 R &&
		until_shows c2 5 "type '$run'" &&
		keys c2 Down Down Down Down Down && typed c2 "$run" &&
		keys c2 Enter && until_shows c2 20 "GOING BACK" &&
		until_shows c2 180 "ROLLED BACK" && until_shows c2 5 "all equal"
}

# Of one processor, in hundredths of a second while it waits for SECONDS.
spent() { # PID SECONDS
	local a b
	a=$(awk '{print $14 + $15}' "/proc/$1/stat")
	sleep "$2"
	b=$(awk '{print $14 + $15}' "/proc/$1/stat")
	echo "spent $((b - a)) of $(($2 * 100))"
	[ $((b - a)) -le "$3" ]
}

idle() {
	open d 80 24 "$here/site.yaml" --state "$work/d" --name d &&
		until_shows d 20 "is a valid plan" && sleep 2 &&
		spent "$(pid_of d)" 5 2
}

no_colour() {
	ENV="NO_COLOR=1" open e 80 24 "$here/site.yaml" --state "$work/d" &&
		until_shows e 20 "is a valid plan" &&
		until_shows d 5 "is a valid plan" &&
		keys d Down && keys e Down && sleep 0.5 &&
		"${tm[@]}" capture-pane -e -p -t d |
		grep -q $'\e\[[0-9;]*3[0-7]m' &&
		! "${tm[@]}" capture-pane -e -p -t e |
		grep -q $'\e\[[0-9;]*3[0-7]m'
}

poor_terminal() {
	ENV="TERM=vt100 LC_ALL=C" open f 80 24 "$here/site.yaml" \
		--state "$work/d" && until_shows f 20 "is a valid plan" &&
		! screen f | LC_ALL=C grep -q $'[\x80-\xff]'
}

edited() {
	sed 's/asn: 65010/asn: banana/' "$here/site.yaml" >"$work/bad.yaml"
	# an editor that notes how it was called and repairs the plan
	cat >"$work/editor" <<-END
		#!/bin/sh
		echo "\$@" >$work/called
		sed -i 's/banana/65010/' "\$2"
	END
	chmod +x "$work/editor"
	ENV="EDITOR=$work/editor" open g 80 24 "$work/bad.yaml" \
		--state "$work/d" &&
		until_shows g 20 "it cannot run" && keys g Enter &&
		until_shows g 5 "asn: banana" && keys g e &&
		until_shows g 20 "is a valid plan" &&
		grep -q "^+7 $work/bad.yaml" "$work/called"
}

approved() {
	sed 's/^name: .*/name: two-people/; $a approvals: 2' \
		"$here/site.yaml" >"$work/two.yaml"
	open h 80 24 "$work/two.yaml" --state "$work/h" &&
		until_shows h 20 "0 of 2 people" && keys h S &&
		until_shows h 5 "needs the approval of 2 people" &&
		keys h a && until_shows h 5 "one more person" && keys h N &&
		until_shows h 5 "Approve this plan as whom?" &&
		typed h "Ann Lee" && keys h Enter &&
		until_shows h 5 "1 of 2 approvals" && keys h N &&
		typed h "ann lee" && keys h Enter &&
		until_shows h 5 "approved this plan already" && keys h N &&
		typed h "Ben" && keys h Enter &&
		until_shows h 5 "2 of 2 approvals" && keys h Escape S &&
		until_shows h 5 "Start the run?" && keys h n
}

ok "a whole cutover begins: check, review, practice, go" whole
ok "resized in the middle of it" resized
ok "a second screen takes control and finishes it" second_screen
ok "a terminal that is lost is attached again" lost_terminal
ok "a process that says nothing is shown, and keys work" silent_engine
ok "rolled back from the hold, by the run's name" rolled_back
ok "who waits costs nothing" idle
ok "NO_COLOR" no_colour
ok "a poor terminal without UTF-8" poor_terminal
ok "a diagnostic's line is jumped to and edited" edited
ok "two people approve before a run" approved
tap_plan
