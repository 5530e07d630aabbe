#!/bin/bash
# SPDX-License-Identifier: MIT
# Promise 2, with mendctl killed in the middle: before each thing that it says to a mount, and at each
# change to the store. No mount serves half of a generation, the store tells the old one or the new
# one, and the same command, given again, brings all mounts to the new one.
# limit: 240
# not sanitized
. "${0%/*}/../lib.sh"
need_mount
need_command strace

mendctl=$bin/mendctl
root=$T/lib
mkdir "$root" "$T/base2" "$T/second"
for file in f g; do
	echo old | tee "$root/$file" >"$T/base2/$file"
done
echo new >"$T/new"
publisher us
trust us
"$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/fix.mend" --id fix --release 1 --root "$root" \
	--base-dir "$T/base2" --replace f="$T/new" --replace g="$T/new" || bail 'builds a bundle'
mount_mendfs "$root"
mount_mendfs "$T/second" --base "$T/base2" --as "$root"

served() { # by a mount: "old", "new", or both of them
	cat "$1/f" "$1/g" | sort -u | paste -sd ' '
}
# cut CALL N CMD…: kills the command before its N-th call of this name; fails when it had fewer.
cut() {
	local status=0
	(
		strace -f -qq -o /dev/null -e trace="$1" -e inject="$1:signal=KILL:when=$2" "${@:3}"
		exit $?
	) >/dev/null 2>&1 || status=$?
	[[ $status == 137 ]]
}

# sweep CALL WANT "CMD…" "UNDO…": the command, cut at each of its calls in turn, given again, undone.
sweep() {
	local n=0 cuts=0 torn='' wrong='' dir
	while n=$((n + 1)) && [[ $n -lt 60 ]]; do
		# shellcheck disable=SC2086 # words of a command
		cut "$1" $n "$mendctl" $3 || break
		cuts=$n
		for dir in "$root" "$T/second"; do
			[[ $(served "$dir") == @(old|new) ]] || torn+=" $n:$(served "$dir")"
		done
		"$mendctl" status >/dev/null 2>&1 || wrong+=" $n:status"
		# shellcheck disable=SC2086
		"$mendctl" $3 >"$T/out" 2>&1 || wrong+=" $n:$(tr '\n' ' ' <"$T/out")"
		[[ "$(served "$root") $(served "$T/second")" == "$2 $2" ]] || wrong+=" $n:not $2"
		# shellcheck disable=SC2086
		"$mendctl" $4 >"$T/out" 2>&1 || wrong+=" $n:$(tr '\n' ' ' <"$T/out")"
	done
	is "$3, cut at $1: every mount serves old or new" "$torn" ''
	is "$3, cut at $1: the same again does it" "$wrong" ''
	ok "$3, cut at $1: there were such calls" test $cuts -ge 2 -a $n -lt 60
	# shellcheck disable=SC2086
	"$mendctl" $4 >/dev/null 2>&1
}

for call in sendto renameat fsync; do
	rm -rf "$T/store"
	sweep $call new "install $T/fix.mend" 'remove fix'
done
ok 'install' "$mendctl" install "$T/fix.mend"
for call in sendto renameat; do
	sweep $call old revert 'activate fix'
done
ok 'nothing is left to complain about' "$mendctl" verify

# --- a mount that dies between the store's commit point and its own ---

family=$(ps -o pgid= -p "$("$mendctl" mounts --json | python3 -c 'import json, sys
print(json.load(sys.stdin)["mounts"][0]["pid"])')" | tr -d ' ')
[[ $family != "$(ps -o pgid= -p $$ | tr -d ' ')" ]] || bail 'the daemon has a group of its own'
ok 'revert' "$mendctl" revert
before=$(readlink "$T/store/current")
# The seventh thing said is the first Commit: it waits a second.
strace -f -qq -o /dev/null -e trace=sendto -e inject=sendto:delay_enter=1000000:when=7 \
	"$mendctl" activate fix >"$T/out" 2>&1 &
activation=$!
ok 'the store commits first' eventually 10 \
	bash -c "[[ \$(readlink '$T/store/current') != '$before' ]]"
is 'the mounts serve the old one until they are told' "$(served "$root") $(served "$T/second")" 'old old'
ok 'the worker is killed' pkill -KILL -g "$family" -x mendfs-worker
wait $activation
is 'the change is done' $? 0
is 'and told' "$(sed -E 's/[0-9]+\.[0-9] ms/N ms/' "$T/out")" "fix (a): active on $root, $T/second in N ms"
is 'every mount serves it' "$(served "$root") $(served "$T/second")" 'new new'
