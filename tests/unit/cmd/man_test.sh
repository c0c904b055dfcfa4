#!/bin/sh
# man_test.sh - the manual page says what the program says ('make man' if not)
cutover=${CUTOVER:-build/cutover}
made=$(mktemp)
trap 'rm -f "$made"' EXIT
echo 1..1
if orchestrator/doc/man "$cutover" >"$made" &&
	diff -u orchestrator/doc/cutover.1 "$made"; then
	echo "ok 1 - the manual page is up to date"
else
	echo "not ok 1 - the manual page is up to date"
	exit 1
fi
