#!/bin/bash
# SPDX-License-Identifier: MIT
# The story of mendfs in under a minute: a library with a hole, three programs that use it, a fix that
# arrives, and a fix that is taken out again. Everything happens in a scratch directory that stands
# for a machine's /usr/lib, in a mount namespace of its own; nothing is left behind.
#
#	make demo		(needs root and /dev/fuse)
set -eu
here=$(cd "${0%/*}" && pwd)
build=${MENDFS_BUILD:-${here%/*}/build}

if [[ -z ${MENDFS_DEMO:-} ]]; then
	if [[ $(id -u) != 0 || ! -c /dev/fuse ]]; then
		echo 'demo: mounting needs root and /dev/fuse: try "sudo make demo"' >&2
		exit 3
	fi
	if ! MENDFS_DEMO=$(mktemp -d "${TMPDIR:-/tmp}/demo.XXXXXX"); then
		exit 3
	fi
	export MENDFS_DEMO
	exec unshare -m --propagation private bash "$0"
fi

cd "$MENDFS_DEMO"
export PATH="$build/bin:$PATH"
export MENDFS_STORE=$PWD/store MENDFS_CONFIG=$PWD/config MENDFS_RUN=$PWD/run
export LD_LIBRARY_PATH=$PWD/usr/lib

# Of the programs that run for long, by name.
declare -A pid in out

clean() {
	local status=$?
	trap - EXIT
	cd /
	umount -l "$MENDFS_DEMO/usr/lib" 2>/dev/null || :
	[[ ${#pid[@]} == 0 ]] || kill "${pid[@]}" 2>/dev/null || :
	rm -rf --one-file-system "$MENDFS_DEMO"
	exit "$status"
}
trap clean EXIT
trap 'exit 130' INT TERM

# --- telling ---

bold='' dim='' green='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' plain=$'\e[0m'
fi
pause() { [[ ! -t 1 ]] || sleep "$1"; }
title() {
	printf '\n%s%s%s\n' "$bold" "$1" "$plain"
	pause 1
}
say() { printf '%s# %s%s\n' "$dim" "$1" "$plain"; }
show() {
	local word line='' status=0
	for word; do
		[[ $word != *[[:space:]]* ]] || word="'$word'"
		line+=" $word"
	done
	printf '%s$%s%s\n' "$green" "$line" "$plain"
	pause 0.5
	"$@" || status=$?
	pause 0.7
	return $status
}

# This is a story only as long as it is true: each answer has to come from the version that the story
# says it comes from.
must_be() {
	if [[ $2 != *"$1"* ]]; then
		printf 'demo: expected libgreet %s, got: %s\n' "$1" "$2" >&2
		exit 1
	fi
}
hears() {
	local line
	printf "%s\$ ./greet '%%s'%s\n" "$green" "$plain"
	line=$(./greet '%s')
	printf '%s\n' "$line"
	must_be "$1" "$line"
	pause 0.7
}
# start NAME CMD: a program that runs from now on, with a pipe to it and one from it.
start() {
	local to from
	mkfifo "$1.in" "$1.out"
	"$2" <"$1.in" >"$1.out" &
	pid[$1]=$!
	exec {to}>"$1.in" {from}<"$1.out"
	in[$1]=$to out[$1]=$from
}
# ask TITLE NAME VERSION: what a running program answers.
ask() {
	local line
	echo '%s' >&"${in[$2]}"
	read -r -t 10 -u "${out[$2]}" line
	printf '%-14s %s\n' "$1" "$line"
	must_be "$3" "$line"
}
# maps TITLE NAME: which file a running program has mapped.
maps() {
	awk -v name="$1" -v cwd="$PWD/" '/libgreet/ && $2 ~ /x/ {
		sub(cwd, "", $6); printf "%-14s pid %-7s inode %-20s %s %s\n", name, pid, $5, $6, $7; exit
	}' pid="${pid[$2]}" "/proc/${pid[$2]}/maps"
}

# --- the story ---

mkdir -p usr/lib fixed config/keys.d run
cp "$build/examples/base/libgreet.so.1" usr/lib/
cp "$build/examples/fixed/libgreet.so.1" fixed/
cp "$build"/examples/greet{,-plugin,-server} .
before=$(b2sum -l 256 usr/lib/libgreet.so.1)

title "A library has a hole"
say "libgreet uses a stranger's name as a format, and tells what it should not:"
hears 1.0.0

title "mendfs is mounted over the directory, and two programs are running"
show mendfs usr/lib --as /usr/lib
start server ./greet-server
start plugin ./greet-plugin
say "one that loaded the library when it started, and one that loads it for each question"
ask greet-server server 1.0.0
ask greet-plugin plugin 1.0.0

title "The publisher, elsewhere: a key, and a signed bundle with the fix"
show mend-publish keygen -s greet.key -p greet.pub --no-password
show mend-publish build -s greet.key -o greet-a.mend --id greet --release 1 --base-dir usr/lib \
	--replace libgreet.so.1=fixed/libgreet.so.1 \
	--title 'A name is no format' --severity high
show tar -tf greet-a.mend

title "This machine does not know the publisher yet, and refuses"
if show mendctl install greet-a.mend; then
	echo 'demo: a bundle of an unknown publisher was installed' >&2
	exit 1
fi
hears 1.0.0

title "It trusts the publisher, and the fix goes in"
show mendctl keys add greet.pub --name greet
show mendctl install greet-a.mend
say "the very next program gets the fix; so does a running one, at its next load;"
say "what was mapped stays mapped:"
hears 1.0.1
ask greet-plugin plugin 1.0.1
ask greet-server server 1.0.0

title "Who has what"
start later ./greet-server
ask 'a new server' later 1.0.1
maps 'the old server' server
maps 'the new server' later
show mendctl status

title "Off is off"
show mendctl revert
hears 1.0.0
ask greet-plugin plugin 1.0.0
ask 'the old server' server 1.0.0
ask 'the new server' later 1.0.1

title "Without the mount, the file below is as it ever was; what is mapped stays mapped even now"
show umount -l usr/lib
hears 1.0.0
ask 'the new server' later 1.0.1
show b2sum -l 256 usr/lib/libgreet.so.1
if [[ $(b2sum -l 256 usr/lib/libgreet.so.1) != "$before" ]]; then
	echo 'demo: the base has changed' >&2
	exit 1
fi
say "and it was $before before"
