#!/bin/bash
# shellcheck disable=SC2154 # the caller sets lab, cutover, work
# tap.sh - how the lab's tests speak: TAP on standard output, the rest on stderr
#
# Sourced, never run.  The caller has set `here` (the top of the tree) and LAB,
# LAB_ID; after tap_start() there are lab, cutover, work, and a trap that takes the
# lab down however the test ends.

tap_start() {
	lab=$here/tests/lab/lab
	cutover=${CUTOVER:-$here/build/cutover}
	work=$(mktemp -d "${TMPDIR:-/tmp}/cutover-$LAB.XXXXXX")
	export CUTOVER=$cutover
	export CIRCUIT_MD5=circuit-md5-secret PUBLIC_MD5=public-md5-secret
	export BASELINE=${BASELINE:-5s} SOAK=${SOAK:-3s}
	tap_failed=0
	local why
	if ! why=$("$lab" possible 2>&1); then
		echo "1..0 # SKIP no lab here: ${why//$'\n'/; }"
		rm -rf "$work"
		exit 77
	fi
	trap tap_end EXIT
	trap 'exit 130' INT TERM HUP
}

tap_end() {
	trap '' INT TERM HUP
	"$lab" down >&2
	if [ "$tap_failed" = 0 ]; then
		rm -rf "$work"
	else
		echo "# what is left to look at: $work" >&2
		exit 1
	fi
}

# ok WHAT CMD ...: the command's output is shown when it fails.
ok() {
	local what=$1 out
	shift
	if out=$("$@" 2>&1); then
		echo "ok - $what"
		return 0
	fi
	echo "not ok - $what"
	tail -n 40 <<<"$out" | sed 's/^/# /'
	tap_failed=1
	return 1
}

# Nothing sensible can follow: the plan of the rest is not needed.
must() {
	ok "$@" || exit 1
}

not() {
	! "$@"
}

soon() { # SECONDS CMD ...
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.2
	done
}

# What a lab that is down may have left on the host.
traces() { # NAME ID
	local state=/run/cutover-lab/$1
	pgrep -f "cutover-lab:$1 " || :
	ip -br link | grep -E "^(cl$2-|cutlab$2 )" || :
	grep "$state" /proc/mounts || :
	[ ! -e "$state" ] || echo "$state"
}

no_traces() { # NAME ID
	local left
	left=$(traces "$@")
	[ -z "$left" ] || {
		echo "left behind: $left"
		return 1
	}
}

# ---- a leg: what cutover does between two captures ----

captured() { # NAME CMD ...: the command's exit code
	local name=$1 rc
	shift
	mkdir -p "$work/$name"
	"$lab" capture start "$work/$name" || return 1
	"$@"
	rc=$?
	"$lab" capture stop >"$work/$name/capture.log"
	return "$rc"
}

# Probes and captures say the same, and nothing was lost.
nothing_lost() { # NAME
	local dir=$work/$1
	evidence_probes "$work/state" >"$dir/probes.json" &&
		"$lab" capture diff "$dir" >"$dir/capture.json" &&
		evidence_join "$dir/probes.json" "$dir/capture.json" \
			>"$dir/joined.json" || return 1
	evidence_rows_print "$dir/joined.json"
	! grep -qE '^[1-9][0-9]* packets dropped' "$dir/capture.log" &&
		[ "$(jq '.complaints | length' "$dir/joined.json")" = 0 ] &&
		[ "$(evidence_lost "$dir/joined.json")" = 0 ]
}

roll_back() { # GOAL
	local rc
	"$cutover" rollback --to "$1" --state "$work/state" >"$work/rollback.log" 2>&1
	rc=$?
	[ "$rc" = 4 ] || {
		tail -n 20 "$work/rollback.log"
		return 1
	}
}
