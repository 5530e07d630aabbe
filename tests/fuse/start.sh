#!/bin/bash
# SPDX-License-Identifier: MIT
# What may be wrong when a mount begins, and holds it up by nothing or not for long.
. "${0%/*}/../lib.sh"
need_mount

mkdir "$T/m" "$T/store"
echo below >"$T/m/f"
: >"$T/store/lock"

# Somebody changes the store: the mount waits for the end of it, so that it is asked or reads the new state.
# shellcheck disable=SC2016 # $0 is the inner shell's
spawn flock "$T/store/lock" sh -c 'sleep 1; : >"$0"' "$T/changed"
eventually 5 bash -c '! flock -n "$0" true' "$T/store/lock"
mount_mendfs "$T/m"
ok 'a mount waits for a change of the store' test -e "$T/changed"
is 'and is there' "$(cat "$T/m/f")" below
ok 'it ends' unmount_mendfs "$T/m"

spawn flock "$T/store/lock" sleep 30
eventually 5 bash -c '! flock -n "$0" true' "$T/store/lock"
mount_mendfs "$T/m"
is 'but not for ever' "$(cat "$T/m/f")" below
ok 'that ends, too' unmount_mendfs "$T/m"

# All its processes killed at once: the next mount puts the dead one away.
mount_mendfs "$T/m"
worker=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["pid"])' "$T"/run/*.json)
session=$(ps -o sess= -p "$worker" | tr -d ' ')
mapfile -t pids < <(ps -eo pid=,sess=,comm= | awk -v s="$session" '$2 == s && $3 ~ /^mendfs/ { print $1 }')
kill -STOP "${pids[@]}"
kill -KILL "${pids[@]}"
eventually 10 bash -c '! stat "$0" 2>/dev/null' "$T/m"
exits 2 'not connected' 'a mount without processes answers nobody' ls "$T/m/"
mount_mendfs "$T/m"
is 'mounting again puts it away' "$(cat "$T/m/f")" below
ok 'and that one ends' unmount_mendfs "$T/m"
