#!/bin/bash
# approve_test.sh - two people approve a plan, then it may run; and the journal
# says who.  The edges are at a port where nobody listens: nothing is changed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/tui/tap.sh
. "$here/tap.sh"
plan=$work/plan.yaml
sed -e 's/^name: .*/name: two-people/; $a approvals: 2' \
	-e 's/192\.0\.2\.1[0-9]/127.0.0.1, port: 1/' "$here/site.yaml" >"$plan"
touch "$work/known_hosts"

cut() { # COMMAND ...
	local command=$1
	shift
	"$cutover" "$command" "$@" --state "$work/state"
}

refused() { # TEXT: the run, because of it, and no run is left behind
	local rc
	cut run "$plan" --no-probes >"$work/run" 2>&1
	rc=$?
	cat "$work/run"
	[ "$rc" = 3 ] && grep -qF -- "$1" "$work/run" &&
		! cut status 2>/dev/null | grep -q two-people
}

twice() {
	! cut approve "$plan" --as "ann lee" && cut approve "$plan" --list |
		grep -q '^1 of 2'
}

changed() {
	sed -i 's/soak: 2s/soak: 3s/' "$plan"
	refused "'Ann Lee' approved another version"
}

put_back() {
	sed -i 's/soak: 3s/soak: 2s/' "$plan"
	cut approve "$plan" --list --json |
		jq -e '.given | length == 2 and .[0].note == "CAB 12"'
}

withdrawn() {
	cut approve "$plan" --as Ben --withdraw &&
		refused "'Ben' has withdrawn" && cut approve "$plan" --as Ben
}

begins() {
	local rc
	cut run "$plan" --no-probes --exit-on-hold
	rc=$?
	[ "$rc" = 5 ] # it cannot see its edges, so it holds
}

says_who() {
	cut status | grep -q 'approved by Ann Lee (.*: CAB 12' &&
		cut report | grep -q 'Approved by Ann Lee, Ben; 2 needed' &&
		cut report --json | jq -e '.approvals.needed == 2' &&
		cut log --json | jq -se 'map(select(.kind == "approvals")) |
			length == 1 and .[0].body.given[1].name == "Ben"' &&
		cut verify
}

ok "without approvals it is refused" refused "has that of 0"
ok "one approves" cut approve "$plan" --as "Ann Lee" --note "CAB 12"
ok "nobody is two people" twice
ok "one is not enough" refused "has that of 1"
ok "another approves" cut approve "$plan" --as Ben
ok "a plan that was changed needs new ones" changed
ok "put back it is what was approved" put_back
ok "an approval that was withdrawn does not count" withdrawn
ok "then it begins" begins
ok "journal, status and report say who" says_who
tap_plan
