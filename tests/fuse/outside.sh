#!/bin/bash
# SPDX-License-Identifier: MIT
# What changes the base from elsewhere - another mount namespace, a bind mount, a descriptor from before
# the mount - is seen through it, names and attributes, also of what was asked for and was not there.
. "${0%/*}/../lib.sh"
need_mount

base=$T/m
mkdir -p "$base/dir/deep" "$T/bind"
for name in gone renamed grown touched mode replaced; do
	echo "$name" >"$base/$name"
done
echo deep >"$base/dir/deep/f"
ln -s gone "$base/link"
ok 'a bind mount of the base' mount --bind "$base" "$T/bind"
exec 7<"$base"
before=/proc/self/fd/7
# A namespace that never sees the mount.
spawn unshare -m --propagation private sleep 300
elsewhere() {
	nsenter -m -t "$spawned" "$@"
}
eventually 5 test -e "/proc/$spawned/ns/mnt"
sleep 0.2
mount_mendfs "$base"
is 'it is mounted here' "$(findmnt -no FSTYPE "$base")" fuse.mendfs
is 'and not elsewhere' "$(elsewhere findmnt -no FSTYPE "$base")" ''

# Everything is known to the kernel before it changes, also what is not there.
for name in gone renamed grown touched mode replaced new made moved dir/new dir/deep/f; do
	stat "$base/$name" >/dev/null 2>&1
done
ls -lR "$base" >/dev/null

ok 'elsewhere: a file is made' elsewhere sh -c "echo new >'$base/new'"
ok 'is there' eventually 2 grep -q new "$base/new"
ok 'elsewhere: one is removed' elsewhere rm "$base/gone"
ok 'is gone' eventually 2 test ! -e "$base/gone"
ok 'elsewhere: one is renamed' elsewhere mv "$base/renamed" "$base/moved"
ok 'has its new name' eventually 2 grep -q renamed "$base/moved"
ok 'and not its old one' eventually 2 test ! -e "$base/renamed"
ok 'by the bind mount: one grows' sh -c "echo more >>'$T/bind/grown'"
ok 'has its content' eventually 2 grep -q more "$base/grown"
size() { [[ $(stat -c %s "$base/grown") == 11 ]]; }
ok 'as stat says' eventually 2 size
ok 'by the bind mount: a mode changes' chmod 640 "$T/bind/mode"
mode() { [[ $(stat -c %a "$base/mode") == 640 ]]; }
ok 'has it' eventually 2 mode
ok 'by the bind mount: times change' touch -d 2001-02-03T04:05:06Z "$T/bind/touched"
times() { [[ $(stat -c %Y "$base/touched") == 981173106 ]]; }
ok 'has them' eventually 2 times
ok 'by a descriptor from before: a directory is made' mkdir "$before/made"
ok 'is there, too' eventually 2 test -d "$base/made"
ok 'by that descriptor: a file in another' sh -c "echo in >'$before/dir/new'"
ok 'is there as well' eventually 2 grep -q in "$base/dir/new"
listed() { [[ $(ls "$base/dir") == $'deep\nnew' ]]; }
ok 'and is listed' eventually 2 listed
ok 'elsewhere: one takes the place of another' \
	elsewhere sh -c "echo other >'$base/tmp' && mv '$base/tmp' '$base/replaced'"
ok 'is the other' eventually 2 grep -q other "$base/replaced"
ok 'elsewhere: a link' elsewhere ln -sfn new "$base/link"
link() { [[ $(readlink "$base/link") == new ]]; }
ok 'leads elsewhere' eventually 2 link
ok 'elsewhere: a directory moves' elsewhere mv "$base/dir/deep" "$base/deeper"
ok 'with what is in it' eventually 2 grep -q deep "$base/deeper/f"
ok 'and is not where it was' eventually 2 test ! -e "$base/dir/deep"

# Who stands in a directory stays there when something else changes in it.
cd "$base/made" || bail 'goes into a directory'
ok 'elsewhere: a file beside' elsewhere sh -c "echo x >'$base/made/x'"
ok 'is seen from within' eventually 2 test -e x
is 'and the directory has its name' "$(/bin/pwd)" "$base/made"
cd / || exit
exec 7<&-
ok 'it ends' unmount_mendfs "$base"
umount "$T/bind"
