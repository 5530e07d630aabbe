#!/bin/bash
# SPDX-License-Identifier: MIT
# mendfs --guard: a mount whose processes are all killed at once goes away by itself, one that is
# unmounted or that changes its processes is let alone.
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"

mkdir "$P/lib"
echo base >"$P/lib/f"
mount_mendfs "$P/lib"
guard() {
	"$bin/mendfs" --guard "$P/lib" 2>"$T/guard.log"
	echo $? >"$T/guard.status"
}
# It has a connection to the socket, and waits.
guard_waits() {
	local pid
	pid=$(pgrep -P "$spawned" -x mendfs-guard) && [[ $(cat "/proc/$pid/wchan") == *poll* ]]
}
need_command pgrep
need_command ps

spawn guard
ok 'the guard waits' eventually 5 guard_waits
family_is_whole || bail 'three processes'
for _ in 1 2 3; do
	family
	kill -KILL "$worker"
	is 'a worker dies: the mount stays' "$(timeout 10 cat "$P/lib/f")" base
	eventually 5 family_is_whole
done
ok 'the guard waits for more' eventually 5 guard_waits

# Also those that were forked meanwhile: stopped first, nobody forks any more.
kill_all() {
	local signal
	for signal in STOP STOP KILL; do
		ps -o pid= -s "$session" | xargs -r kill "-$signal" 2>/dev/null
	done
	test -s "$T/guard.status"
}
session=$(ps -o sid= -p "$supervisor" | tr -d ' ')
ok 'all die: the guard ends' eventually 10 kill_all
is 'and says that it had to do something' "$(cat "$T/guard.status")" 1
ok 'in words' grep -q 'all its processes are dead' "$T/guard.log"
ok 'the mount is gone' test "$(mount_type "$P/lib")" != fuse.mendfs
is 'the base shows' "$(timeout 5 cat "$P/lib/f")" base

mount_mendfs "$P/lib"
rm "$T/guard.status"
spawn guard
ok 'mounted again, and guarded' eventually 5 guard_waits
umount "$P/lib"
ok 'unmounted: the guard ends' eventually 10 test -s "$T/guard.status"
is 'and had nothing to do' "$(cat "$T/guard.status")" 0
ok 'no mount, no guard' "$bin/mendfs" --guard "$P/lib"
exits 2 'not an absolute path' 'a path that cannot be compared' "$bin/mendfs" --guard lib
