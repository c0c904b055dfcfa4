#!/bin/bash
# shellcheck disable=SC2034,SC2154 # the caller sets cutover, lab, work, state
# live.sh - a run that is under way: start it, find it at a moment, ask how it went
#
# Sourced, never run.  The caller sets `cutover` (the program), `state` (its state
# directory) and `work`; run_pid is the process that was started last.

run_start() { # LOG COMMAND ...: cutover COMMAND in the background
	local log=$1
	shift
	"$cutover" "$@" --state "$state" >>"$log" 2>&1 &
	run_pid=$!
}

run_status() { # JQ-EXPRESSION over the status
	"$cutover" status --state "$state" --json 2>/dev/null |
		jq -r "(.status // .) | $1"
}

run_rows() { # JQ-EXPRESSION over the array of all rows
	"$cutover" log --state "$state" --json | jq -sr "$1"
}

run_alive() {
	kill -0 "$run_pid" 2>/dev/null
}

# The step that is under way matches a pattern, as the shell matches names.
run_wait_step() { # PATTERN SECONDS
	local deadline=$((SECONDS + $2)) step
	while [ "$SECONDS" -lt "$deadline" ] && run_alive; do
		step=$(run_status '.step // empty')
		# shellcheck disable=SC2053 # a pattern is meant
		[[ $step != $1 ]] || return 0
		sleep 0.1
	done
	echo "no step '$1' within $2 s (at '${step:-nothing}')" >&2
	return 1
}

run_wait_held() { # SECONDS
	local deadline=$((SECONDS + $1))
	while [ "$SECONDS" -lt "$deadline" ] && run_alive; do
		[ "$(run_status .held)" != true ] || return 0
		sleep 0.2
	done
	return 1
}

# Ends within so many seconds; its exit code is run_rc.
run_wait_end() { # SECONDS
	local deadline=$((SECONDS + $1))
	while run_alive; do
		if [ "$SECONDS" -ge "$deadline" ]; then
			kill "$run_pid"
			sleep 5
			kill -KILL "$run_pid" 2>/dev/null
			wait "$run_pid"
			run_rc=timeout
			return 1
		fi
		sleep 0.2
	done
	wait "$run_pid"
	run_rc=$?
}

now_ms() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# Milliseconds from then to the first row after it that passes; '-': there is none.
run_after() { # THEN-MS JQ-CONDITION
	run_rows "[.[] | . + {ms: ((.time[0:19] + \"Z\" | fromdateiso8601) * 1000
		+ (.time[20:23] | tonumber))}
		| select(.ms >= $1 and ($2)) | .ms - $1] | first // \"-\""
}

# What the probes of the last process counted: to the cloud, to the site, and
# the longest time without a packet in ms.
run_lost() {
	"$cutover" report --state "$state" --json | jq -r '
		.legs[-1].measure as $m | [
			([$m[].lost_forward] | add), ([$m[] | .lost_backward
				+ .lost_roundtrip] | add),
			([$m[] | .gap_forward_us, .gap_backward_us] | max / 1000 | round)
		] | join(" ")'
}

# ---- what is left on the edges, whether cutover lives or not ----

# A watchdog that waits on an edge.
armed_on() { # NODE
	"$lab" exec "$1" test -d /run/cutover/guard
}

timers_over() {
	! armed_on edge1 && ! armed_on edge2 &&
		! "$lab" exec edge1 pgrep -f '[/]guard/watch' &&
		! "$lab" exec edge2 pgrep -f '[/]guard/watch'
}

# The generations that an edge has bound on its private session, as their numbers:
# 'in out'; '- -': the session is not there.
bound_on() { # NODE
	case $1 in
	edge1)
		"$lab" exec edge1 vtysh -c 'show running-config' | awk '
			$1 == "neighbor" && $3 == "route-map" && $4 ~ /^CUTOVER-/ {
				at[$5] = $4; sub(/.*-g/, "", at[$5]) }
			END { print (at["in"] == "" ? "-" : at["in"]),
				(at["out"] == "" ? "-" : at["out"]) }'
		;;
	edge2)
		"$lab" exec edge2 birdc show protocols all | awk '
			$1 == "Input" && $2 == "filter:" && $3 ~ /^CUTOVER_/ {
				at["in"] = $3; sub(/.*_g/, "", at["in"]) }
			$1 == "Output" && $2 == "filter:" && $3 ~ /^CUTOVER_/ {
				at["out"] = $3; sub(/.*_g/, "", at["out"]) }
			END { print (at["in"] == "" ? "-" : at["in"]),
				(at["out"] == "" ? "-" : at["out"]) }'
		;;
	esac
}

# ---- a probe that nobody kills: what is lost while cutover is dead ----

outside_start() { # FOLDER
	local source
	outside=$1
	outside_pids=()
	mkdir -p "$1"
	for source in 10.10.200.10 10.10.1.10; do
		"$lab" exec app "$cutover" probe --to 10.100.0.11 --from "$source" \
			--rate 250 --flows 16 --json --duration 86400 \
			>"$1/$source.json" &
		outside_pids+=($!)
	done
}

outside_stop() {
	kill "${outside_pids[@]}" 2>/dev/null
	wait "${outside_pids[@]}" 2>/dev/null
}

# Lost so far, both ways and both groups; a loss is settled after two seconds.
outside_lost() {
	local file
	sleep 3
	for file in "$outside"/*.json; do
		grep '^{.*}$' "$file" | tail -n 1
	done | jq -s '[.[] | .lost_forward + .lost_backward + .lost_roundtrip] | add'
}
