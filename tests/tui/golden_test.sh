#!/bin/bash
# golden_test.sh - every screen, at three sizes, in ASCII and by its styles
#
# Scripts play runs that were recorded (tests/tui/record), on a clock that
# stands still: a screen that differs from tests/tui/golden/ is an error.
# UPDATE_GOLDEN=1 writes them anew; look at them before you keep them.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cutover=$(realpath "${CUTOVER:-$here/../../build/cutover}")
work=$(mktemp -d)
n=0 bad=0
export LOGNAME=ann LC_ALL=C.UTF-8
unset SUDO_USER
trap 'rm -rf "$work"' EXIT

say() { # OK WHAT
	n=$((n + 1))
	[ "$1" = ok ] || bad=1
	echo "$1 $n - $2"
}

play() { # SCRIPT PLAN
	mkdir -p "$work/$1"
	cp "$here/golden/"*.yaml "$here/golden/"*.jsonl "$work/$1/"
	(cd "$work/$1" &&
		"$cutover" wizard "$2" --state state --script \
			"$here/$1.script" >said 2>&1) && say ok "$1 is played" ||
		{
			say "not ok" "$1 is played"
			sed 's/^/# /' "$work/$1/said"
		}
}

compare() { # SCRIPT
	local f name
	sed -i "s|$work|FOLDER|g" "$work/$1"/*.txt
	for f in "$work/$1"/*.txt; do
		name=$(basename "$f")
		if [ -n "${UPDATE_GOLDEN:-}" ]; then
			cp "$f" "$here/golden/$name"
			say ok "$name is written"
		elif diff -u "$here/golden/$name" "$f" >"$work/diff" 2>&1; then
			say ok "$name"
		else
			say "not ok" "$name"
			sed 's/^/# /' "$work/diff"
		fi
	done
}

play golden plan.yaml && compare golden
play golden-back plan.yaml && compare golden-back
play golden-lost plan.yaml && compare golden-lost
play golden-bad bad.yaml && compare golden-bad
ls "$here"/golden/*.txt >"$work/there"
ls "$work"/golden*/*.txt | sed "s|.*/|$here/golden/|" | sort >"$work/made"
if diff "$work/there" "$work/made" >"$work/diff"; then
	say ok "every golden screen is still made"
else
	say "not ok" "every golden screen is still made"
	sed 's/^/# /' "$work/diff"
fi
echo "1..$n"
exit "$bad"
