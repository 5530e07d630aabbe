#!/bin/bash
# SPDX-License-Identifier: MIT
# Promise 8: off is off. Revert and unmounting bring the base back at once, also when the store, the
# keys or the daemon are gone.
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"

mkdir "$P/lib"
echo old >"$P/lib/f"
echo new >"$T/new"
bundle a a 1 "$P/lib" --replace f="$T/new" --add g="$T/new"
shows() { # TEXT WANT: content of f, and whether there is a g
	is "$1" "$(cat "$P/lib/f") $(test -e "$P/lib/g" && echo and g)" "$2"
}

mount_mendfs "$P/lib"
install a
shows 'on' 'new and g'
ok 'revert' mendctl revert
shows 'revert: the base is back' 'old '
ok 'revert of nothing is no error' mendctl revert
mendctl activate --quiet a
shows 'on again' 'new and g'
mkdir "$T/away"
mv "$MENDFS_CONFIG/keys.d/us.pub" "$T/away/"
ok 'revert without a key' mendctl revert
shows 'the base is back without a key' 'old '
mv "$T/away/us.pub" "$MENDFS_CONFIG/keys.d/"
mendctl activate --quiet a
find "$MENDFS_STORE/objects" -type f -delete
ok 'revert without objects' mendctl revert
shows 'the base is back without objects' 'old '
umount "$P/lib"
shows 'unmounted' 'old '

eventually 10 family_is_gone
rm -rf "$MENDFS_STORE"
install a 2>/dev/null
mount_mendfs "$P/lib"
shows 'what was installed while nothing was mounted is on at the mount' 'new and g'
rm -rf "$MENDFS_STORE"
shows 'and does not need the store any more' 'new and g'
umount "$P/lib"
shows 'unmounted without a store' 'old '
eventually 10 family_is_gone
mount_mendfs "$P/lib"
shows 'mounted without a store' 'old '
umount "$P/lib"

install a
eventually 10 family_is_gone
mount_mendfs "$P/lib"
family
kill -STOP "$worker" "$standby" "$supervisor"
kill -KILL "$worker" "$standby" "$supervisor"
ok 'umount when every daemon is dead' umount "$P/lib"
shows 'the base is back without any daemon' 'old '

# --- the switch of the kernel's command line ---

echo "$(tr -d '\n' </proc/cmdline) mendfs=off quiet" >"$T/cmdline"
mount --bind "$T/cmdline" /proc/cmdline
exits 1 'mendfs=off' 'mendfs=off: nothing is mounted' timeout 20 "$bin/mendfs" "$P/lib"
shows 'mendfs=off' 'old '
# The same file: it is what is mounted.
echo 'mendfs=offf xmendfs=off mendfs= off' >"$T/cmdline"
mount_mendfs "$P/lib"
shows 'a word that is like it is another word' 'new and g'
umount /proc/cmdline
