#!/bin/bash
# shellcheck disable=SC2154 # common.sh and topology.sh set what is not set here
# capture.sh - what really passed at both ends, beside what probes say
#
# Sourced, never run.  UDP alone, at the site's host and at the virtual network's
# bridge.  DIR/window holds the time, in microseconds, in which both captures ran:
# what pcapdiff is to judge.

capture_now() {
	local now=$EPOCHREALTIME
	echo "${now/[.,]/}"
}

capture_end_process() { # NODE DEV FILE
	local pid
	pid=$(node_pid "$1") || exit 1
	setsid nsenter -t "$pid" -n -p -- tcpdump -i "$2" -n -p -Z root -s 128 \
		-B 65536 -w "$3" udp </dev/null >"${3%.pcap}.log" 2>&1 &
	echo $! >>"$STATE/capture.pids"
	disown
	wait_for 120 "tcpdump in '$1': $(cat "${3%.pcap}.log")" \
		grep -q 'listening on' "${3%.pcap}.log" || exit 1
}

capture_start() { # DIR
	[ ! -e "$STATE/capture" ] || die "a capture is running already"
	mkdir -p "$1"
	rm -f "$1/app.pcap" "$1/cloud.pcap" "$1/window"
	(cd "$1" && pwd) >"$STATE/capture"
	capture_end_process app lan0 "$1/app.pcap"
	capture_end_process cloud virbr-vnet "$1/cloud.pcap"
	capture_now >"$1/window"
}

# nsenter waits for the tcpdump that it forked: that one gets the signal.
capture_stop() {
	local dir pid
	[ -e "$STATE/capture" ] || die "no capture is running"
	dir=$(<"$STATE/capture")
	capture_now >>"$dir/window"
	sleep 1
	while read -r pid; do
		pkill -TERM -P "$pid" || :
		wait_for 120 "tcpdump $pid to end" test ! -d "/proc/$pid" || :
	done <"$STATE/capture.pids"
	rm -f "$STATE/capture" "$STATE/capture.pids"
	grep -h 'dropped by kernel' "$dir"/*.log || :
}

# Where no lab is up there is still a capture to read.
capture_diff() { # DIR
	local folder status=0
	folder=$(mktemp -d)
	if cc -std=gnu17 -D_GNU_SOURCE -O2 -o "$folder/pcapdiff" \
		"$here/pcapdiff.c"; then
		"$folder/pcapdiff" -w "$1/window" "$1/app.pcap" \
			"$1/cloud.pcap" || status=1
	else
		status=1
	fi
	rm -rf "$folder"
	return "$status"
}

capture_command() { # start DIR | stop | diff DIR
	case ${1:-}:$# in
	start:2) capture_start "$2" ;;
	stop:1) capture_stop ;;
	diff:2) capture_diff "$2" ;;
	*) die "capture start DIR | stop | diff DIR" ;;
	esac
}
