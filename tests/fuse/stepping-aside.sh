#!/bin/bash
# SPDX-License-Identifier: MIT
# Whoever writes to a name that a patch stands at reaches the base, as if there were no patch: writing, changing,
# removing, moving, linking, and making again what is hidden. The patch steps aside, and comes back with
# the content that it was made for.
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"

M=$P/lib base=$P/base
mkdir -p "$base" "$M" "$P/old"
fresh_base() {
	rm -rf "${base:?}"/*
	mkdir -p "$base"/{dir,hollow,full}
	for name in a b c d e f g h i dir/x dir/y hollow/only full/only full/more hidden; do
		echo "old $name" >"$base/$name"
		touch -d 2020-01-01 "$base/$name"
	done
}
fresh_base
cp -a "$base/." "$P/old"
echo fixed >"$T/fixed"
mount_mendfs "$M" --base "$base" --as /usr/lib

args=()
for name in a b c d e f g h i dir/x; do
	args+=(--replace "$name=$T/fixed")
done
bundle all all 1 /usr/lib --base-dir "$base" --issued 2026-02-03T04:05:06Z "${args[@]}" \
	--remove hidden --remove hollow/only --remove full/only \
	--add new="$T/fixed" --add added/one="$T/fixed" --add dir/z="$T/fixed" \
	--symlink link=a --mode new=0755

# again: the base as it was, the patch in front of all of it.
again() {
	mendctl revert --quiet >"$T/.out" 2>&1
	fresh_base
	install all
}
install all
# patched NAME… / aside NAME…: what is there is the patch's, or not.
patched() {
	local name
	for name; do [[ $(<"$M/$name") == fixed ]] || return 1; done
}
aside() {
	local name
	for name; do cmp -s "$M/$name" "$base/$name" || return 1; done
}
state_is() { # NAME STATE
	[[ $(status_of "$M" "[t['state'] for r in s['releases'] for t in r['targets'] if t['path'] == '$1'][0]") == "$2" ]]
}

ok 'all of it is patched' patched a b c d e f g h i dir/x new added/one dir/z link

# --- writing ---

exec 5<"$M/a"
echo more >>"$M/a"
is 'an append goes to what the base has' "$(<"$base/a")" $'old a\nmore'
ok 'and shows' aside a
is 'who had it open keeps what he had' "$(cat <&5)" fixed
exec 5<&-
ok 'and it is said' eventually 5 state_is a drifted
echo 'old a' >"$M/a"
ok 'the old content once more: patched again' eventually 5 patched a
ok 'and it is said, too' eventually 5 state_is a active

echo written >"$M/b"
is 'a file written anew' "$(<"$base/b"), $(<"$M/b")" 'written, written'
truncate -s 3 "$M/c"
is 'a file cut off' "$(<"$base/c"), $(<"$M/c")" 'old, old'
ok 'written in place, without a change' dd if="$base/d" of="$M/d" conv=notrunc status=none
ok 'stays patched' eventually 5 patched d

# --- changing what is not content ---

before=$(stat -c %Z "$base/e")
ok 'a change of owner and mode to what they are' chown root:root "$M/e"
ok 'of all' chmod -R u=rwX,go=rX "$M/e"
is 'changes nothing' "$(<"$M/e"), $(stat -c %Z "$base/e")" "fixed, $before"
chmod 600 "$M/e"
is 'a mode reaches the base' "$(stat -c %a "$base/e" "$M/e" | xargs)" '600 600'
chown 1:2 "$M/f"
is 'an owner' "$(stat -c %u:%g "$base/f" "$M/f" | xargs)" '1:2 1:2'
"$python" -c 'import os, sys; os.utime(sys.argv[1], (981158400, 981158400))' "$M/g"
is 'times' "$(stat -c %.10y "$base/g" "$M/g" | xargs)" '2001-02-03 2001-02-03'
setfattr -n user.x -v y "$M/h"
is 'attributes' "$(cd "$P" && getfattr --only-values -n user.x base/h lib/h 2>&1)" yy
sleep 0.2
ok 'what was changed is what is shown' aside e f g h
ok 'which is said' eventually 5 state_is e drifted
cp -p "$P/old/e" "$M/e.new" && mv "$M/e.new" "$M/e"
ok 'until the file is another one with the old content' eventually 5 patched e

# --- through a descriptor that was opened for reading: refused, see mendfs(8) ---

exits 1 'Stale file handle' 'a mode through a descriptor' "$python" -c \
	'import os, sys; os.fchmod(os.open(sys.argv[1], os.O_RDONLY), 0o600)' "$M/i"

# --- as dpkg(1) does: beside it, a link to the old one, over it ---

as_dpkg() { # NAME
	cat >"$M/$1.dpkg-new" && ln "$M/$1" "$M/$1.dpkg-tmp" && mv -f "$M/$1.dpkg-new" "$M/$1" && rm "$M/$1.dpkg-tmp"
}
again
ok 'another version is installed' as_dpkg a <<<'newer'
is 'it is there, at once' "$(<"$M/a"), $(<"$base/a")" 'newer, newer'
ok 'drifted' eventually 5 state_is a drifted
ok 'the fixed version is installed' as_dpkg b <"$T/fixed"
is 'from the base' "$(stat -c %i "$M/b")" "$(stat -c %i "$base/b")"
ok 'superseded' eventually 5 state_is b superseded
ok 'the same version is installed' as_dpkg c <"$P/old/c"
ok 'patched as before' eventually 5 patched c
ok 'a link to a patched file' ln "$M/d" "$M/d.kept"
is 'is one to the file of the base' "$(<"$M/d.kept"), $(stat -c %i "$base/d.kept")" "old d, $(stat -c %i "$base/d")"
ok 'and the patch stays' patched d
mv "$M/d.kept" "$M/d" # of one inode: nothing happens
ok 'the link over its own file' patched d

ok 'a package ships what only a patch had' as_dpkg new <<<'the package'"'"'s'
is 'it is there' "$(<"$M/new"), $(<"$base/new")" "the package's, the package's"
ok 'a package ships a link that only a patch had' ln -sfn b "$M/link"
is 'the new link' "$(readlink "$M/link"), $(readlink "$base/link")" 'b, b'
ok 'and one in a directory that only a patch had' as_dpkg added/one <<<'package'
is 'it is there, too' "$(<"$M/added/one"), $(<"$base/added/one")" 'package, package'
ln "$M/dir/z" "$M/dir/z.copy"
is 'a link to what only a patch has is a copy' \
	"$(stat -c '%a %U %s %.10y' "$base/dir/z.copy"), $(<"$base/dir/z.copy")" \
	'644 root 6 2026-02-03, fixed'
ok 'which changes nothing there' test ! -e "$base/dir/z"

# --- moving and removing ---

again
mv "$M/a" "$M/moved"
is 'a patched file moves as the base has it' "$(<"$M/moved"), $(<"$base/moved")" 'old a, old a'
ok 'its name is gone' test ! -e "$M/a" -a ! -e "$base/a"
mv "$M/moved" "$M/a"
ok 'back at its name it is patched' eventually 5 patched a
mv --no-clobber "$M/new" "$M/b"
ok 'nothing is moved where something is' patched new b
mv "$M/new" "$M/new2"
is 'what only a patch has is moved by copying' "$(<"$base/new2"), $(find "$M" -name new | wc -l)" 'fixed, 0'
ok 'removed' rm "$M/b" "$M/dir/z" "$M/link"
ok 'and gone' test ! -e "$M/b" -a ! -e "$base/b" -a ! -e "$M/dir/z" -a ! -L "$M/link"
is 'not listed' "$(find "$M/dir" -mindepth 1 -printf "%P\n" | sort | xargs)" 'x y'
mv "$M/dir" "$M/dir2"
is 'a directory moves without its patches' "$(<"$M/dir2/x"), $(<"$base/dir2/x")" 'old dir/x, old dir/x'
mv "$M/dir2" "$M/dir"
ok 'which wait where they were' eventually 5 patched dir/x

# --- what a patch hides ---

again
ok 'hidden' test ! -e "$M/hidden" -a -e "$base/hidden"
(set -C && echo mine >"$M/hidden")
is 'made again' "$(<"$M/hidden"), $(<"$base/hidden")" 'mine, mine'
again
ok 'as a directory' mkdir "$M/hidden"
ok 'of the base' test -d "$base/hidden"
again
ok 'as a link' ln -s a "$M/hidden"
is 'of the base' "$(readlink "$base/hidden")" a
again
ok 'by a move' mv --no-clobber "$M/dir/y" "$M/hidden"
is 'to the base' "$(<"$base/hidden")" 'old dir/y'
again
ok 'the hidden file stays' test -e "$base/hollow/only"
ok 'a directory that shows nothing is removed' rmdir "$M/hollow"
ok 'in the base, too' test ! -e "$base/hollow"
exits 1 'not empty' 'one that shows something is not' rmdir "$M/full"
ok 'and keeps what it hides' test -e "$base/full/only"
rm "$M/dir/x" "$M/dir/y"
exits 1 'not empty' 'one that shows only what a patch adds is not' rmdir "$M/dir"
exits 1 'not empty' 'one that only a patch has is not' rmdir "$M/added"
ok 'all of it with rm -r' rm -r "$M/dir" "$M/full" "$M/added"
ok 'is gone' test ! -e "$M/dir" -a ! -e "$base/dir" -a ! -e "$M/full" -a ! -e "$base/full" -a ! -e "$M/added"
again
mkdir "$M/empty"
ok 'a directory over one that shows nothing' mv -T "$M/empty" "$M/hollow"
exits 1 'not empty' 'but not over one that does' sh -c "mkdir '$M/empty' && mv -T '$M/empty' '$M/dir'"

# --- the same when all of it is off ---

mendctl revert --quiet >"$T/.out" 2>&1
unmount_mendfs "$M"
