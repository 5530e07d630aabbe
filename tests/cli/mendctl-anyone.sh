#!/bin/bash
# SPDX-License-Identifier: MIT
# What is only read may be read by anyone; what changes something is root's.
. "${0%/*}/../lib.sh"
need_mount
need_command setpriv

mendctl=$bin/mendctl
root=$T/lib
chmod 755 "$T"
mkdir "$root"
echo old >"$root/f"
echo new >"$T/new"
publisher us
trust us
"$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/fix.mend" --id fix --release 1 \
	--root "$root" --replace f="$T/new" --title 'A title that is longer than is good for it' || bail 'builds a bundle'
mount_mendfs "$root"
ok 'root installs' "$mendctl" install "$T/fix.mend"
cp "$mendctl" "$T/mendctl" # where anybody can reach it
anyone() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$T/mendctl" "$@"
}

for verb in list status history verify mounts 'keys list' 'show fix'; do
	# shellcheck disable=SC2086 # two words
	is "$verb is the same for all" "$(anyone $verb 2>&1)" "$("$mendctl" $verb 2>&1)"
done
is 'status from the file' "$(anyone status --json)" "$("$mendctl" status --json)"
for verb in revert 'install fix.mend' 'activate fix' 'deactivate fix' 'remove fix' rollback gc; do
	# shellcheck disable=SC2086 # two words
	exits 3 'Permission denied' "$verb is root's" anyone $verb
done
publisher them
exits 3 'Permission denied' "keys add is root's" anyone keys add "$T/them.pub"
exits 3 'us: not removed: keys.d/us.pub: Permission denied' "so is keys remove" anyone keys remove us
ok 'what was active still is' test "$(cat "$root/f")" = new

# --- on a terminal ---

need_command script
terminal() { # COLUMNS CMD…: on a terminal of its own
	TERM=xterm script -qec "stty cols $1; ${*:2}" /dev/null </dev/null | tr -d '\r'
}
esc=$(printf '\033')
is 'state is coloured on a terminal' "$(terminal 80 "$mendctl" list | grep -c "$esc\\[32mactive")" 1
is 'not with NO_COLOR' "$(NO_COLOR=1 terminal 80 "$mendctl" list | grep -c "$esc")" 0
is 'not in a pipe' "$("$mendctl" list | grep -c "$esc")" 0
ok 'verify shows how far it is' bash -c "TERM=xterm script -qec '$mendctl verify' /dev/null </dev/null |
	grep -q 'verify \[=*\] 100 %'"
is 'not with --quiet' "$(terminal 80 "$mendctl" verify --quiet)" ''
is 'a table fits a narrow terminal' "$(NO_COLOR=1 terminal 60 "$mendctl" list | tail -n 1 |
	sed -E 's/20..-..-../2026-01-02/')" 'fix (a)  active            2026-01-02  A title that is long…'
is 'and is whole in a pipe' "$("$mendctl" list | grep -c 'good for it$')" 1
