#!/bin/bash
# SPDX-License-Identifier: MIT
# One install, several mounts: all of them flip or none does, and the store goes with them.
. "${0%/*}/../lib.sh"
need_mount

mendctl=$bin/mendctl
root=$T/lib
mkdir "$root" "$T/base2" "$T/second" "$T/base3" "$T/third"
for base in "$root" "$T/base2" "$T/base3"; do
	echo old >"$base/f"
	echo old >"$base/g"
done
publisher us
trust us

bundle() { # OUT ID RELEASE CONTENT ARGS…
	printf '%s\n' "$4" >"$T/new"
	"$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/$1.mend" --id "$2" --release "$3" \
		--root "$root" --base-dir "$T/base2" "${@:5}" || bail "builds $1"
}
bundle fix-a fix 1 fixed --replace f="$T/new" --restart one.service --restart two.service
bundle fix-b fix 2 better --replace f="$T/new" --restart one.service
bundle other-a other 1 fixed --replace g="$T/new" --restart one.service
show() { # what both mounts serve
	cat "$root/f" "$T/second/f" | paste -sd ' '
}
no_time() {
	sed -E 's/in [0-9]+\.[0-9] ms/in N ms/'
}

mount_mendfs "$root"
mount_mendfs "$T/second" --base "$T/base2" --as "$root"

# --- all ---

is 'install tells the mounts and the services' "$("$mendctl" install "$T/fix-a.mend" | no_time)" \
	"fix (a): active on $root, $T/second in N ms
what runs keeps what it has loaded: systemctl try-restart one.service two.service"
is 'both serve it' "$(show)" 'fixed fixed'
is 'a newer release and another patch' \
	"$("$mendctl" install "$T/fix-b.mend" "$T/other-a.mend" | no_time)" \
	"fix (b): active on $root, $T/second in N ms
other (a): active on $root, $T/second in N ms
what runs keeps what it has loaded: systemctl try-restart one.service"
is 'both serve them' "$(show) $(cat "$root/g" "$T/second/g" | paste -sd ' ')" \
	'better better fixed fixed'
is 'deactivate' "$("$mendctl" deactivate other | no_time)" \
	"other (a): no longer active; the base is back on $root, $T/second in N ms
what runs keeps what it has loaded: systemctl try-restart one.service"
is 'the base is back' "$(cat "$root/g" "$T/second/g" | paste -sd ' ')" 'old old'
is 'rollback' "$("$mendctl" rollback 1 | no_time | head -n 1)" \
	"generation 1: live on $root, $T/second in N ms: fix (a)"
is 'both went back' "$(show)" 'fixed fixed'
is 'revert' "$("$mendctl" revert | no_time | head -n 1)" \
	"nothing is active: the base is back on $root, $T/second in N ms"
is 'both are base' "$(show)" 'old old'
exits 1 'fix (a): refused: older than (b)' 'activate is not for going back' "$mendctl" activate fix=a
is 'activate' "$("$mendctl" activate fix | no_time | head -n 1)" \
	"fix (b): active on $root, $T/second in N ms"

# --- what the mounts are told of ---

is 'mounts' "$("$mendctl" mounts | awk '{ print $1, $2, $5 }')" "MOUNT ROOT STATE
$root $root running
$T/second $root running"
is 'list' "$("$mendctl" list | awk '{ print $1, $2, $3 }')" 'PATCH STATE SEVERITY
fix (a) installed
fix (b) active
other (a) installed'
is 'show tells where it is active' "$("$mendctl" show fix | grep -c "active on")" 2
echo drift >"$T/base2/f"
is 'status tells of a base that moved' "$("$mendctl" status | grep -A 9 "^$T/second" |
	sed -n '3,4s/  */ /gp')" ' fix (b) drifted fix
 drifted f: the base has other content than the patch was made for'
is 'so does list' "$("$mendctl" list | grep -c "$T/second: drifted")" 1

# --- or none ---

ok 'revert' "$mendctl" revert --quiet
before=$("$mendctl" list; "$mendctl" history)
exits 1 "fix (b): refused: $T/second/f: base is not what the patch was made for" \
	'one base that does not fit stops all' "$mendctl" activate fix
is 'both still serve their base' "$(show)" 'old drift'
is 'and nothing was written' "$("$mendctl" list; "$mendctl" history)" "$before"
ok 'a patch for the other file is taken' "$mendctl" activate other
echo old >"$T/base2/f"

# A mount that trusts nobody finds out only when it prepares the generation.
mkdir "$T/wary"
mount_mendfs "$T/third" --base "$T/base3" --as "$root" --config "$T/wary"
generations=$(cd "$T/store/generations" && echo [0-9]*)
before=$("$mendctl" list; "$mendctl" history)
bundle third-a third 1 fixed --add h="$T/new"
exits 1 "third (a): refused: $T/third does not take it: " 'one mount that leaves it out stops all' \
	"$mendctl" install "$T/third-a.mend"
ok 'no mount has it' test ! -e "$root/h" -a ! -e "$T/second/h" -a ! -e "$T/third/h"
is 'its generation is gone' "$(cd "$T/store/generations" && echo [0-9]*)" "$generations"
is 'its release, too' "$("$mendctl" list; "$mendctl" history)" "$before"
exits 1 "fix (b): refused: $T/third does not take it: " 'activate is no different' \
	"$mendctl" activate fix
is 'what was installed before stays' "$("$mendctl" list; "$mendctl" history)" "$before"
is 'what is left out is told' "$("$mendctl" status | grep -A 9 "^$T/third" |
	sed -n '3s/  */ /gp' | cut -c -18)" ' other (a) left ou'
ok 'revert is not stopped by it' "$mendctl" revert
ok 'unmount it' unmount_mendfs "$T/third"
ok 'now all take it' "$mendctl" install "$T/third-a.mend"
ok 'and serve it' test -e "$root/h" -a -e "$T/second/h"

echo drift >"$T/base2/f"
is 'rollback goes through, and tells what is not served' "$("$mendctl" rollback 1 2>&1 | no_time |
	head -n 2)" "mendctl: fix (a): not served on $T/second: f: the base has other content than the \
patch was made for
generation 1: live on $root, $T/second in N ms: fix (a)"
ok 'and forth' "$mendctl" install "$T/third-a.mend"
echo old >"$T/base2/f"
ok 'without the old one' "$mendctl" deactivate fix

# --- mounts that come and go ---

ok 'unmount one' unmount_mendfs "$T/second"
is 'the other goes on alone' "$("$mendctl" activate fix | no_time | head -n 1)" \
	"fix (b): active on $root in N ms"
mount_mendfs "$T/second" --base "$T/base2" --as "$root"
is 'it starts with what is live' "$(show)" 'better better'

# A flip that was cut off between the store and the mounts: the next change, even none, mends it.
ok 'the store goes ahead' ln -sfn generations/1 "$T/store/current"
is 'status tells that they are behind' "$("$mendctl" status | grep -c "behind the store's generation 1:")" 2
ok 'the floor does not bar what is live already' "$mendctl" deactivate fix
is 'both followed' "$(show)" 'old old'
ok 'the store goes ahead of an empty set' "$mendctl" revert
ok 'a revert of nothing' "$mendctl" revert

# --- a daemon that was killed, as it leaves its files ---

name=$(basename "$T/run/"*second.varlink .varlink)
cp "$T/run/$name.json" "$T/left.json"
pid=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["pid"])' "$T/left.json")
family=$(ps -o pgid= -p "$pid" | tr -d ' ')
ok 'unmount the second' unmount_mendfs "$T/second"
ok 'and its processes end' eventually 10 bash -c "! pgrep -g $family"
cp "$T/left.json" "$T/run/$name.json"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/run/$name.varlink"
"$mendctl" activate fix >"$T/out" 2>"$T/err"
is 'a socket left behind is told' "$(cat "$T/err")" \
	"mendctl: $name: not running: nobody listens on the socket left behind"
is 'and stops nobody' "$(no_time <"$T/out" | head -n 1)" "fix (b): active on $root in N ms"
is 'status tells it, too' "$("$mendctl" status | tail -n 1)" "$T/second: not running"
is 'and as JSON' "$("$mendctl" status --json | python3 -c '
import json, sys
print([(m["running"], m["reason"]) for m in json.load(sys.stdin)["mounts"]])')" \
	"[(True, ''), (False, 'not running')]"

# --- a full disk ---

mkdir "$T/small"
mount -t tmpfs -o size=256k,nr_inodes=64 small "$T/small" || bail 'a small disk'
export MENDFS_STORE=$T/small/store
mkdir "$T/base4" "$T/fourth"
echo old >"$T/base4/f"
mount_mendfs "$T/fourth" --base "$T/base4" --as "$T/lib4" --store "$T/small/store" --run "$T/run4"
printf '%s\n' fixed >"$T/new"
"$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/small.mend" --id small --release 1 \
	--root "$T/lib4" --base-dir "$T/base4" --replace f="$T/new" || bail 'builds small.mend'
ok 'install on a small disk' "$mendctl" install --run "$T/run4" "$T/small.mend"
dd if=/dev/zero of="$T/small/fill" bs=4k status=none 2>/dev/null
for ((i = 0; i < 64; i++)); do
	{ : >"$T/small/fill$i"; } 2>/dev/null || break
done
exits 3 'No space left' 'no other change is made on a full one' \
	"$mendctl" deactivate --run "$T/run4" small
is 'the patch stays' "$(cat "$T/fourth/f")" fixed
ok 'but revert works' "$mendctl" revert --run "$T/run4"
is 'the base is back' "$(cat "$T/fourth/f")" old
is 'in the store as well' "$("$mendctl" status --run "$T/nowhere" | head -n 1)" \
	'generation 0: nothing was activated yet'
