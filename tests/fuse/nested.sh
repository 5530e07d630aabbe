#!/bin/bash
# SPDX-License-Identifier: MIT
# What is mounted below the base is there through the mount too, patched and unpatched; what is mounted
# into the mount stays there through a flip; and a mount on top of another mount.
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"

mkdir -p "$P"/{lib/{tmp,"with space",ro},bare,over}
echo top >"$P/lib/f"
echo covered >"$P/lib/tmp/covered"
echo plain >"$P/lib/file"
mount -t tmpfs -o mode=755 tmpfs "$P/lib/tmp"
mkdir "$P/lib/tmp/deeper"
mount -t tmpfs tmpfs "$P/lib/tmp/deeper"
mount -t tmpfs tmpfs "$P/lib/with space"
for dir in tmp tmp/deeper 'with space'; do
	echo "old $dir" >"$P/lib/$dir/f"
	ln "$P/lib/$dir/f" "$P/lib/$dir/hard"
done
echo bound >"$P/bound"
mount --bind "$P/bound" "$P/lib/file"
touch -d '2040-01-01' "$P/lib/ro"
mount -t tmpfs -o ro tmpfs "$P/lib/ro"
mount --rbind "$P/lib" "$P/bare"
mount_mendfs "$P/lib"

contents() { # DIR
	(cd "$1" && find . -type f | LC_ALL=C sort | while IFS= read -r file; do
		printf '%s: %s\n' "$file" "$(cat "$file")"
	done)
}
was='./f: top
./file: bound
./tmp/deeper/f: old tmp/deeper
./tmp/deeper/hard: old tmp/deeper
./tmp/f: old tmp
./tmp/hard: old tmp
./with space/f: old with space
./with space/hard: old with space'
is 'what is mounted below is there' "$(contents "$P/lib")" "$was"
is 'links of a file below are one file' \
	"$(stat -c '%i %h' "$P/lib/tmp/f" "$P/lib/tmp/hard" | sort -u | wc -l) $(stat -c %h "$P/lib/tmp/f")" '1 2'
is 'what has one number on two file systems' "$(stat -c %i "$P/bare/tmp" "$P/bare/tmp/deeper" | sort -u | wc -l)" 1
is 'has two on the one device of the mount' "$(stat -c %i "$P/lib/tmp" "$P/lib/tmp/deeper" | sort -u | wc -l)" 2
is 'no two files have one number' "$(find "$P/lib" ! -name hard -printf '%i\n' | sort | uniq -d)" ''
exits 1 'Read-only file system' 'one that is read-only stays so' touch "$P/lib/ro/x"

# --- patches reach there ---

echo new >"$T/new"
bundle a a 1 "$P/lib" --base-dir "$P/bare" --replace tmp/f="$T/new" --replace tmp/deeper/f="$T/new" \
	--add 'with space/g'="$T/new" --remove 'with space/hard' --replace f="$T/new" --replace file="$T/new"
mount -t tmpfs tmpfs "$P/lib/ro"
echo mine >"$P/lib/ro/mine"
install a
is 'patched on every file system' "$(contents "$P/lib")" './f: new
./file: new
./ro/mine: mine
./tmp/deeper/f: new
./tmp/deeper/hard: old tmp/deeper
./tmp/f: new
./tmp/hard: old tmp
./with space/f: old with space
./with space/g: new'
is 'none of it below' "$(contents "$P/bare" | grep -cx '.*: new')" 0
is 'what was mounted into the mount stays there through a flip' "$(cat "$P/lib/ro/mine")" mine
mendctl revert --quiet
is 'and through another one' "$(cat "$P/lib/ro/mine")" mine
umount "$P/lib/ro"
is 'after revert' "$(contents "$P/lib")" "$was"
family
kill -KILL "$worker"
is 'after the death of the worker' "$(contents "$P/lib")" "$was"

# --- one on top of another ---

mendctl activate --quiet a
mount_mendfs "$P/over" --base "$P/lib"
is 'a mount over a mount' "$(contents "$P/over" | grep -c ': new')" 5
is 'and its base patched or not' "$(cat "$P/over/tmp/hard" "$P/over/f" "$P/over/file" | tr '\n' ,)" 'old tmp,new,new,'
ok 'goes' umount "$P/over"
is 'and leaves the one below' "$(cat "$P/lib/f")" new
is 'one inside the other' "$(mkdir "$P/lib/sub" && echo s >"$P/lib/sub/s" && timeout 20 "$bin/mendfs" "$P/lib/sub" \
	--base "$P/bare/tmp" >/dev/null 2>&1; cat "$P/lib/sub/f")" 'old tmp'
ok 'goes too' umount "$P/lib/sub"
ok 'and the outer one' umount "$P/lib"
ok 'all of them end' eventually 10 family_is_gone
