#!/bin/bash
# shellcheck disable=SC2154 # the caller sets cutover
# terminal.sh - the wizard on terminals that tests type at and read from
#
# Sourced, never run.  tmux is the terminal: each has a name.
tm=(tmux -L "cutover-$$" -f /dev/null)

terminals_end() {
	"${tm[@]}" kill-server 2>/dev/null
}

open() { # NAME COLS ROWS WORDS ...: of 'cutover wizard', in a shell's place
	local name=$1 cols=$2 rows=$3
	shift 3
	"${tm[@]}" new-session -d -s "$name" -x "$cols" -y "$rows" \
		"exec env ${ENV:-} $cutover wizard $*"
	"${tm[@]}" set-option -t "$name" remain-on-exit on >/dev/null
}

screen() { # NAME
	"${tm[@]}" capture-pane -p -t "$1"
}

until_shows() { # NAME SECONDS TEXT
	local end=$((SECONDS + $2))
	until screen "$1" | grep -qF -- "$3"; do
		[ "$SECONDS" -le "$end" ] || {
			echo "'$1' does not show '$3':"
			screen "$1"
			return 1
		}
		sleep 0.1
	done
}

keys() { # NAME KEY ...
	local name=$1
	shift
	"${tm[@]}" send-keys -t "$name" "$@"
}

typed() { # NAME TEXT
	"${tm[@]}" send-keys -t "$1" -l "$2"
}

pid_of() { # NAME: the wizard's process
	"${tm[@]}" list-panes -t "$1" -F '#{pane_pid}'
}

go() { # NAME
	keys "$1" G && until_shows "$1" 5 "y: yes" && keys "$1" y
}
