#!/bin/bash
# shellcheck disable=SC2154 # the caller sets cutover, lab, work
# evidence.sh - what the demo and the lab's tests measure from outside of cutover
#
# Sourced, never run.  The caller sets `lab` (the script), `cutover` (the program)
# and `work` (a folder), and LAB.  Nothing here asks cutover how it went, but for
# the counters of its probes, which are then compared with captures.

# What an engineer would save before he starts: the configurations and what runs.
# FRR's text as it is; BIRD's files; protocols and routes without their ages.
evidence_config() { # FOLDER
	mkdir -p "$1"
	"$lab" exec edge1 vtysh -c 'show running-config' >"$1/edge1.conf"
	"$lab" exec edge2 cat /etc/bird/bird.conf >"$1/edge2.bird.conf"
	"$lab" exec edge2 cat /etc/bird/cutover.conf >"$1/edge2.cutover.conf"
	"$lab" exec edge2 birdc show protocols | awk 'NR > 2 {
		print $1, $2, $3, $4, $6 }' >"$1/edge2.protocols"
	"$lab" exec edge2 birdc show route | sed -E 's/ [0-9-]{10} / /;
		s/ [0-9:.]{5,12}( from|\])/\1/' >"$1/edge2.routes"
	for node in edge1 edge2; do
		"$lab" exec "$node" ip route show |
			sed -E 's/ nhid [0-9]+//' | sort >"$1/$node.fib"
		"$lab" exec "$node" ip -br addr show |
			awk '{ print $1, $2, $3, $4 }' >"$1/$node.addresses"
	done
}

# The two of them, and for each file that differs the difference.
evidence_equal() { # FOLDER FOLDER
	local file status=0
	for file in "$1"/*; do
		file=${file##*/}
		case $file in
		edge2.*.conf) cmp "$1/$file" "$2/$file" || status=1 ;;
		*) diff -u "$1/$file" "$2/$file" || status=1 ;;
		esac
	done
	return "$status"
}

# The virtual network as libvirt and its machines say it, and the machines' uptimes.
evidence_vnet() { # FOLDER
	mkdir -p "$1"
	"$lab" exec cloud sh -c 'virsh -q net-dumpxml vnet1
		for vm in vm1 vm2; do
			virsh -q dumpxml "$vm"
			virsh -q domstate "$vm"
			virsh -q domiflist "$vm"
		done' >"$1/vnet"
	"$lab" exec cloud bash -c 'for vm in 11 12; do
		exec 3<>/dev/tcp/10.100.0.$vm/80
		printf "GET / HTTP/1.0\r\n\r\n" >&3
		sed "1,/^\r*\$/d" <&3
	done' >"$1/uptime"
}

# Machines that were started anew would have a shorter uptime.
evidence_vnet_kept() { # FOLDER FOLDER
	cmp -s "$1/vnet" "$2/vnet" || {
		diff -u "$1/vnet" "$2/vnet"
		return 1
	}
	join "$1/uptime" "$2/uptime" | awk '$3 <= $2 { bad = 1 } END {
		exit bad || NR != 2 }'
}

# Both ways of every probe's pair, hop by hop, from the kernels' tables.
evidence_paths() {
	"$lab" status | grep -E '^(app|vm1) .*-> .*:' | sed 's/^/  /'
}

# Latency by 1,000 packets, throughput of one TCP connection both ways: JSON.
evidence_speed() { # SECONDS
	local rtt up down
	rtt=$("$lab" exec app "$cutover" probe --to 10.100.0.11 --from 10.10.200.10 \
		--rate 200 --flows 16 --duration 5 --interval 60000 --json |
		tail -n 1 | jq -c '.rtt_us')
	up=$("$lab" exec app "/run/cutover-lab/$LAB/transfer" up 10.100.0.11 "$1")
	down=$("$lab" exec app "/run/cutover-lab/$LAB/transfer" down 10.100.0.11 "$1")
	jq -nc --argjson rtt "${rtt:-null}" --argjson up "${up:-null}" \
		--argjson down "${down:-null}" '{$rtt, $up, $down}'
}

evidence_speed_print() { # WHEN FILE
	jq -r --arg when "$1" '"  \($when)  round trip \(.rtt.p50 / 1000) ms, 99 %: \(.rtt.p99 / 1000) ms;  TCP to the cloud \(.up.mbit_s // "-") Mbit/s, to the site \(.down.mbit_s // "-") Mbit/s"' "$2"
}

# ---- probes beside captures ----

# From a report the last leg, from the outside both captures: one JSON object,
# {"rows": [{name, group, sent, lost..., captured...}], "complaints": [..]}.
# A probe's packets are known in the captures by its source address.
evidence_join() { # PROBES.json CAPTURE.json
	jq -n --slurpfile p "$1" --slurpfile c "$2" '
	def row($probe; $m; $cap): {
		name: $probe.name, group: ($probe.group // $probe.name),
		sent: $m.sent, forward: $m.lost_forward,
		backward: $m.lost_backward, either: $m.lost_roundtrip,
		late: $m.late, final: ($m.final // false),
		gap_us: ([$m.gap_forward_us, $m.gap_backward_us] | max),
		cap_sent: ($cap.forward.sent // 0),
		cap_forward: ($cap.forward.lost // 0),
		cap_backward: ($cap.backward.lost // 0),
		cap_back: ($cap.backward.sent // 0),
		unsent: (($cap.forward.unsent // 0) + ($cap.backward.unsent // 0)),
		cap_gap_us: ([$cap.forward.gap_us // 0, $cap.backward.gap_us // 0] | max),
		lost_run_us: ([$cap.forward.lost_run_us // 0, $cap.backward.lost_run_us // 0] | max)
	};
	[ $p[0].probes[] as $probe
	  | ($c[0].sources[] | select(.address == $probe.source)) as $cap
	  | row($probe; $probe.measure; $cap) ] as $rows
	| {rows: $rows, complaints: [
		(if ($rows | length) != ($p[0].probes | length) then
			"a probe was not seen by the captures" else empty end),
		($rows[]
		 | (if .final | not then "\(.name): the probe did not end properly" else empty end),
		   (if .unsent > 0 then "\(.name): a capture missed \(.unsent) packets" else empty end),
		   (if .sent != .cap_sent then "\(.name): the probe sent \(.sent) packets, the capture saw \(.cap_sent) leave" else empty end),
		   (if .either == 0 and .forward != .cap_forward + (.cap_sent - .cap_forward - .cap_back) then
			"\(.name): lost to the cloud: the probe says \(.forward), the captures \(.cap_forward) (and \(.cap_sent - .cap_forward - .cap_back) in the machine)" else empty end),
		   (if .either == 0 and .backward != .cap_backward then
			"\(.name): lost to the site: the probe says \(.backward), the captures \(.cap_backward)" else empty end),
		   (if .either > 0 and .forward + .backward + .either != .cap_sent - .cap_back + .cap_backward then
			"\(.name): lost: the probe says \(.forward + .backward + .either), the captures \(.cap_sent - .cap_back + .cap_backward)" else empty end))
	]}'
}

# The probes of a run's last leg, as evidence_join() wants them.
evidence_probes() { # STATE
	"$cutover" report --state "$1" --json |
		jq '{probes: [.probes[] as $p | $p + {measure: .legs[-1].measure[$p.name]}]}'
}

evidence_rows_print() { # JOINED.json
	jq -r '
	def pad($n): tostring | (" " * ([$n - length, 0] | max)) + .;
	"  \("group" | . + (" " * 14))  \("sent" | pad(9)) \("captured" | pad(9))   \("lost to the cloud" | pad(20))   \("lost to the site" | pad(20))   \("longest gap" | pad(22))",
	"  \(" " * 19)  \("" | pad(9)) \("" | pad(9))   \("probes, captures" | pad(20))   \("probes, captures" | pad(20))   \("probes, captures" | pad(22))",
	(.rows[] | "  \(.group + (" " * ([19 - (.group | length), 0] | max)))  \(.sent | pad(9)) \(.cap_sent | pad(9))   \("\(.forward), \(.cap_forward)" | pad(20))   \("\(.backward), \(.cap_backward)" | pad(20))   \("\(.gap_us / 1000), \(.cap_gap_us / 1000) ms" | pad(22))"),
	(.complaints[] | "  THE COUNTERS DISAGREE: \(.)")' "$1"
}

evidence_lost() { # JOINED.json
	jq '[.rows[] | .forward + .backward + .either] | add' "$1"
}
