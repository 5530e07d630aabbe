#!/bin/bash
# SPDX-License-Identifier: MIT
# A mount that runs but does not answer: nothing new goes in, but the base comes back elsewhere.
# limit: 120
. "${0%/*}/../lib.sh"
need_mount

mendctl=$bin/mendctl
root=$T/lib
mkdir "$root" "$T/base2" "$T/second"
echo old | tee "$root/f" >"$T/base2/f"
echo new >"$T/new"
publisher us
trust us
for n in 1 2; do
	"$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/fix-$n.mend" --id fix --release $n \
		--root "$root" --base-dir "$T/base2" --replace f="$T/new" || bail 'builds bundles'
done
mount_mendfs "$root"
mount_mendfs "$T/second" --base "$T/base2" --as "$root"
ok 'install' "$mendctl" install "$T/fix-1.mend"

group() { # of processes that serve the mount with this status file
	ps -o pgid= -p "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["pid"])' "$1")"
}
name=$(basename "$T/run/"*second.varlink .varlink)
family=$(group "$T/run/$name.json" | tr -d ' ')
[[ -n $family && $family != "$(ps -o pgid= -p $$ | tr -d ' ')" ]] || bail 'the daemon has a group of its own'
kill -STOP -- "-$family"

before=$("$mendctl" list --json; ls "$T/store/generations")
exits 3 "$name: did not answer in time" 'install waits, and gives up' "$mendctl" install "$T/fix-2.mend"
is 'nothing was changed' "$("$mendctl" list --json; ls "$T/store/generations")" "$before"
exits 3 'nothing is active in the store now, but 1 of the mounts did not answer' \
	'revert goes on without it' "$mendctl" revert
is 'the other has its base back' "$(cat "$root/f")" old
kill -CONT -- "-$family"
ok 'the deaf one hears again' "$mendctl" revert
is 'and has its base back' "$(cat "$T/second/f")" old
