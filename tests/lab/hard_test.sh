#!/bin/bash
# hard_test.sh - surroundings that do not behave, in the middle of a real cutover
#
# A second operator, a router edited by hand, an SSH session that stalls, an edge
# that reboots, a disk that is full.  Each has one outcome, which is asserted; at
# the end the edges run what they ran at the start, text for text.  One lab for all.
set -uo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
export LAB=${LAB:-test-hard} LAB_ID=${LAB_ID:-236} PUBLIC=no
# shellcheck source=tests/lab/lib/tap.sh
. "$here/tests/lab/lib/tap.sh"
# shellcheck source=tests/lab/lib/evidence.sh
. "$here/tests/lab/lib/evidence.sh"
# shellcheck source=tests/lab/lib/live.sh
. "$here/tests/lab/lib/live.sh"

ended_with() { # EXIT SECONDS
	run_wait_end "$2"
	echo "exit $run_rc"
	run_status '.hold_why // empty'
	tail -n 5 "$work/run.log"
	[ "$run_rc" = "$1" ]
}

held_because() { # PATTERN
	run_wait_held 60
	run_status '.hold_why // empty'
	run_status '.hold_why // empty' | grep -q "$1"
}

goes_on() {
	"$cutover" "$@" --state "$state" && sleep 1
}

# ---- two operators ----

refused_beside() {
	local out rc
	out=$("$cutover" "$@" --state "$state" --no-probes 2>&1)
	rc=$?
	echo "exit $rc: $out"
	[ "$rc" = 3 ] && grep -q "$run_pid" <<<"$out"
}

# ---- by hand ----

by_hand() { # LINE
	"$lab" exec edge1 vtysh -c 'configure terminal' -c "$1"
}

by_hand_is_there() {
	"$lab" exec edge1 vtysh -c 'show running-config' | grep -q OPERATOR
}

# ---- SSH ----

# The server's processes that serve cutover's sessions, on an edge.
sshd_signal() { # NODE SIGNAL
	"$lab" exec "$1" pkill "-$2" -f '^sshd: root'
}

stalled() { # SECONDS
	sshd_signal edge1 STOP || return 1
	sleep "$1"
	sshd_signal edge1 CONT
}

# ---- a reboot ----

loses_what_runs() {
	"$lab" exec edge1 test ! -e /run/cutover/guard
}

# ---- a full disk ----

disk=
disk_small() {
	disk=$work/disk
	mkdir -p "$disk"
	mount -t tmpfs -o size=32m,mode=700 cutover-hard "$disk"
}

# Whatever cutover lets go of, somebody else takes.
disk_fill() {
	(while :; do
		cat /dev/zero >>"$disk/filler"
		sleep 0.05
	done) 2>/dev/null &
	filler=$!
	soon 20 disk_is_full
}

disk_is_full() {
	[ "$(df --output=avail "$disk" | tail -n 1)" -lt 8 ]
}

disk_free() {
	[ -z "${filler:-}" ] || kill "$filler"
	wait "${filler:-$$}" 2>/dev/null
	filler=
	rm -f "$disk/filler"
}

disk_end() {
	[ -z "$disk" ] || ! mountpoint -q "$disk" || {
		disk_free
		umount -l "$disk"
	}
}

back_at_start() {
	evidence_config "$work/is"
	evidence_equal "$work/before" "$work/is"
}

tap_start
state=$work/state
trap 'disk_end; tap_end' EXIT
must "the lab comes up" "$lab" up
SOAK=6s DEAD_MAN=25s COMMAND=20s "$lab" plan >"$work/plan.yaml"
must "the plan is right" "$cutover" check "$work/plan.yaml"
evidence_config "$work/before"

run_start "$work/run.log" run "$work/plan.yaml" --go
must "a cutover is under way" run_wait_step 'stage/*' 120
ok "a second operator's run of the same plan is refused, and told whose it is" \
	refused_beside run "$work/plan.yaml"
ok "so is taking it up" refused_beside resume

must "the first wave soaks" run_wait_step wave-canary/soak 300
by_hand 'ip prefix-list OPERATOR seq 5 permit 192.0.2.0/24'
ok "a router edited by hand stops the run before the checkpoint, and it shows the line" \
	held_because OPERATOR
ok "the operator accepts it" goes_on accept

must "the second wave begins" run_wait_step 'wave-rest/*' 120
ok "SSH to an edge stalls for longer than a command may take" stalled 24
ok "the cutover goes on to its end, or is back at a checkpoint" \
	eval 'ended_with 0 300 || [ "$run_rc" = 4 ]'
ok "nobody's watchdog is left" soon 90 timers_over
ok "what the operator added is still there" by_hand_is_there

run_start "$work/run.log" rollback --to attach --no-probes
must "it rolls back to 'attach'" ended_with 4 300
run_start "$work/run.log" resume --go --exit-on-hold --no-probes
must "it goes forward to the second wave" run_wait_step 'wave-rest/*' 300
ok "an edge reboots in the middle of it" "$lab" reboot edge1
ok "and has lost what was armed" loses_what_runs
ok "the run does not end as if nothing had happened" not ended_with 0 300
ok "nobody's watchdog is left" soon 90 timers_over
run_start "$work/run.log" rollback --to attach --no-probes
ok "it rolls back to 'attach' all the same" ended_with 4 400

run_start "$work/run.log" rollback --to start --no-probes
must "it rolls back to the start" ended_with 4 400
by_hand 'no ip prefix-list OPERATOR seq 5 permit 192.0.2.0/24'
ok "the edges run what they ran, text for text" back_at_start

must "a small disk for a journal" disk_small
state=$disk/state
run_start "$work/full.log" run "$work/plan.yaml" --go --no-probes
must "a run is in its first wave there" run_wait_step 'wave-canary/*' 300
must "the disk is full" disk_fill
if held_because 'no space left'; then # and whatever it has let go of is taken
	"$cutover" go --state "$state"
fi
run_wait_end 300
ok "the run ended, and said that the journal cannot be written" \
	grep -q 'journal cannot be written' "$work/full.log"
ok "not with success" test "$run_rc" = 6
ok "what was armed has gone back by itself" soon 120 timers_over
disk_free
ok "the journal is whole" "$cutover" verify --state "$state"
run_start "$work/full.log" rollback --to start --no-probes
ok "with space again it rolls back to the start" ended_with 4 400
ok "the edges run what they ran, text for text" back_at_start
disk_end
must "the lab goes down" "$lab" down
ok "and leaves nothing behind" no_traces "$LAB" "$LAB_ID"
