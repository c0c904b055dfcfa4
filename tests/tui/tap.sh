#!/bin/bash
# shellcheck disable=SC2034 # the caller uses cutover
# tap.sh - how the wizard's tests speak, and what they leave behind: nothing
#
# Sourced, never run.  The caller has set `here`; from here on there are cutover,
# work, ok() and tap_plan().  Runs live in sessions of their own: those that are
# left at the end, with their state in work, are ours alone.  A caller may have
# at_end() and at_failure().
cutover=$(realpath "${CUTOVER:-${here:?}/../../build/cutover}")
work=$(mktemp -d)
tap_n=0 tap_bad=0

tap_end() {
	local left
	[ -z "$(type -t at_end)" ] || at_end
	for left in $(pgrep -f -- "--state $work/"); do
		kill "$left"
	done
	rm -rf "$work"
}
trap tap_end EXIT

ok() { # WHAT CMD ...
	local what=$1
	shift
	tap_n=$((tap_n + 1))
	if "$@" >"$work/said" 2>&1; then
		echo "ok $tap_n - $what"
	else
		tap_bad=1
		echo "not ok $tap_n - $what"
		sed 's/^/# /' "$work/said"
		[ -z "$(type -t at_failure)" ] || at_failure
	fi
}

tap_plan() {
	echo "1..$tap_n"
	exit "$tap_bad"
}
