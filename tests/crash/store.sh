#!/bin/bash
# SPDX-License-Identifier: MIT
# Promise 6: the store survives a power cut at any instant. Every command that changes the store is
# cut before each of its changing calls in turn (powercut.c), in three ways of losing data. Each time
# the store has to be whole, with the old set live or the new one, and the same command, given again,
# has to do what it was meant to.
# limit: 240
# not sanitized
. "${0%/*}/../lib.sh"

shim=$B/tests/crash/powercut.so
store=$T/store

# What the bundles patch, and the bundles.
mkdir -p "$T/base" "$T/new" "$T/states"
for id in openssl curl; do
	echo "base of $id" >"$T/base/$id.so"
done
publisher acme
trust acme
bundle() {
	head -c 20000 /dev/urandom >"$T/new/$1"
	"$bin/mend-publish" build -s "$T/acme.key" -o "$T/$1-$2.mend" --id "$1" --release "$2" \
		--root /usr/lib --base-dir "$T/base" --replace "$1.so=$T/new/$1" --title "$1" \
		>"$T/.out" 2>&1 || bail "mend-publish builds $1-$2: $(<"$T/.out")"
}
for release in 1 2 3; do
	bundle openssl $release
done
bundle curl 1

# mendctl below the shim, which makes it fast when it does not cut: nothing is really synced.
boxed() {
	LD_PRELOAD=$shim POWERCUT_DIR=$store POWERCUT_GRAVE=$T/grave POWERCUT_MODE=$mode \
		POWERCUT_AT=$cut_at "$bin/mendctl" "$@" >"$T/.boxed" 2>&1
}
mode=nothing cut_at=0
mkdir "$T/grave"

# state NAME COMMAND…: a store to begin with, made from the one before.
state() {
	local name=$1
	shift
	boxed "$@" || bail "mendctl $*: $(<"$T/.boxed")"
	cp -a "$store" "$T/states/$name"
}

# Sets $live to what is live: "curl=1 openssl=2", or "".
read_live() {
	local link text
	live=''
	link=$(readlink "$store/current") || return 0
	text=$(<"$store/$link") || { live='(unreadable)'; return 0; }
	text=${text//[[:space:]]/}
	text=${text#*\"releases\":[}
	text=${text%%]*}
	text=${text//\},\{/ }
	text=${text//\"id\":\"/}
	text=${text//\",\"release\":/=}
	live=${text//[\{\}]/}
}

# Sets $wrong when the store is not whole, or what is live is none of the arguments.
inspect() {
	local want
	wrong=''
	if ! "$bin/mendctl" verify >"$T/.verify" 2>&1; then
		wrong="verify: $(<"$T/.verify")"
		return
	fi
	read_live
	for want in "$@"; do
		[[ $live != "$want" ]] || return 0
	done
	wrong="live is '$live'"
}

# Sets $wrong, or $status to how the command ended when cut before its call $cut_at.
cut_once() {
	local start=$1 old=$2 new=$3
	shift 3
	rm -rf "$store" "$T/grave"
	mkdir "$T/grave"
	[[ $start == none ]] || cp -a "$T/states/$start" "$store"
	boxed "$@"
	status=$?
	inspect "$old" "$new"
	[[ -z $wrong && $status == 137 ]] || return 0
	local cut_at=0
	# A release that is live stays fit to be installed: no floor is above it.
	if [[ $start == upgraded_from && $live == "$old" ]] &&
		! boxed install --base "$T/base" "$T/openssl-1.mend"; then
		wrong="the live release is refused: $(<"$T/.boxed")"
		return
	fi
	# What is done already may be refused when it is asked for again.
	boxed "$@"
	inspect "$new"
	[[ -z $wrong ]] || wrong="$wrong; given again: $(<"$T/.boxed")"
}

# After the command has ended, nothing of what it said it did may be lost. Sets $wrong.
cut_after() {
	local start=$1 new=$2 cut_at=end before=0
	shift 2
	rm -rf "$store" "$T/grave"
	mkdir "$T/grave"
	[[ $start == none ]] || cp -a "$T/states/$start" "$store"
	[[ $start == none ]] || before=$(wc -l <"$store/history.jsonl")
	boxed "$@"
	status=$?
	inspect "$new"
	[[ $status == 137 ]] || wrong="ended with $status and not by the cut"
	if [[ -z $wrong && $1 != gc && $(wc -l <"$store/history.jsonl") -le $before ]]; then
		wrong='the line of history is lost'
	fi
}

# When one call fails, the command says so and the old set is live, or it did what it was meant to.
# Sets $wrong.
fail_once() {
	local start=$1 old=$2 new=$3 status=0
	shift 3
	rm -rf "$store"
	[[ $start == none ]] || cp -a "$T/states/$start" "$store"
	boxed "$@" || status=$?
	# Taking a release away comes after taking it out of the live set.
	if [[ $status == 0 || $1 == remove ]]; then
		inspect "$new" "$old"
	else
		inspect "$old"
	fi
	[[ -z $wrong ]] || wrong="$wrong; it ended with $status: $(<"$T/.boxed")"
	[[ $status == 0 || $status == 3 ]] || wrong="ended with $status: $(<"$T/.boxed")"
}

# failing_calls "text" CALLS START OLD NEW COMMAND…
failing_calls() {
	local text=$1 calls=$2 mode=fail cut_at
	shift 2
	for ((cut_at = 1; cut_at <= calls; cut_at++)); do
		fail_once "$@"
		[[ -z $wrong ]] || break
	done
	if [[ -z $wrong ]]; then
		pass "$text, with each of $calls calls failing"
	else
		fail "$text, with each call failing"
		printf 'call %d: %s\n' $cut_at "$wrong" | explain
	fi
}

# cuts "text" START OLD NEW COMMAND…
cuts() {
	local text=$1 start=$2 old=$3 new=$4
	shift 4
	for mode in all content nothing; do
		cut_at=0 status=137 wrong=''
		while [[ $status == 137 && -z $wrong ]]; do
			cut_at=$((cut_at + 1))
			cut_once "$start" "$old" "$new" "$@"
		done
		[[ -n $wrong || $status != 0 ]] || cut_after "$start" "$new" "$@"
		if [[ -z $wrong && $status == 137 && $cut_at -gt 1 ]]; then
			pass "$text, cut at each of $((cut_at - 1)) calls, losing $mode"
		else
			fail "$text, losing $mode"
			printf 'cut before call %d, status %d: %s\n' $cut_at $status "$wrong" | explain
		fi
	done
	failing_calls "$text" $((cut_at - 1)) "$start" "$old" "$new" "$@"
}

state upgraded_from install --base "$T/base" "$T/openssl-1.mend" "$T/curl-1.mend"
state two install --base "$T/base" "$T/openssl-2.mend"
state three install --base "$T/base" "$T/openssl-3.mend"
state without deactivate openssl

cuts 'the first install' none '' openssl=1 install --base "$T/base" "$T/openssl-1.mend"
cuts 'an upgrade' upgraded_from 'curl=1 openssl=1' 'curl=1 openssl=2' \
	install --base "$T/base" "$T/openssl-2.mend"
cuts 'activate' without curl=1 'curl=1 openssl=3' activate --base "$T/base" openssl
cuts 'deactivate' two 'curl=1 openssl=2' openssl=2 deactivate curl
cuts 'remove' two 'curl=1 openssl=2' openssl=2 remove curl
cuts 'revert' two 'curl=1 openssl=2' '' revert
cuts 'rollback' two 'curl=1 openssl=2' 'curl=1 openssl=1' rollback 1
cuts 'gc' three 'curl=1 openssl=3' 'curl=1 openssl=3' gc --keep 0
