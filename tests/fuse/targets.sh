#!/bin/bash
# SPDX-License-Identifier: MIT
# What a patch does to a directory: replace, add, remove, symlink, in directories of the base and in
# such as only the patch has; by name, by number, in listings; and that it is undone.
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"

mkdir -p "$P/lib"/{plug,dir/dir} "$P/bare"
for name in a b c d plug/one plug/two plug/three dir/dir/deep; do
	echo "old $name" >"$P/lib/$name"
	echo "new ${name//\//.}" >"$T/new.${name//\//.}"
done
chmod 600 "$P/lib/b"
ln -s a "$P/lib/to-a"
ln "$P/lib/c" "$P/lib/c-too"
seq 3000 >"$T/large"
mount --bind "$P/lib" "$P/bare"
mount_mendfs "$P/lib"

contents() { # DIR
	(cd "$1" && find . -type f -printf '%P\n' | sort | while read -r file; do
		printf '%s: %s\n' "$file" "$(head -n 1 "$file")"
	done)
}
listing() { # DIR: as readdir tells it, names and types
	find "$1" -printf '%P %y\n' | LC_ALL=C sort
}

before=$(contents "$P/bare") listed=$(listing "$P/bare")
# All of it known to the kernel, names that are not there too.
contents "$P/lib" >/dev/null
for name in new fresh fresh/a fresh/b/c plug/four to-b; do
	ok "$name: not there before" test ! -e "$P/lib/$name"
done
old_ino=$(stat -c %i "$P/lib/a")
exec 5<"$P/lib/a" 6<"$P/lib/dir/dir/deep"

bundle all all 1 "$P/lib" --issued 2026-02-03T04:05:06Z \
	--replace a="$T/new.a" --replace b="$T/new.b" --replace c="$T/new.c" \
	--replace plug/one="$T/large" --replace plug/two="$T/new.plug.two" \
	--remove d --remove plug/three --remove dir/dir/deep \
	--add new="$T/new.d" --add fresh/a="$T/new.a" --add fresh/b/c="$T/new.c" \
	--add fresh/b/d="$T/new.d" --add plug/four="$T/new.d" --mode fresh/a=0755 --mode b=0600 \
	--symlink to-b=b --symlink fresh/b/up=../a
is 'a build changes nothing' "$(contents "$P/lib")" "$before"
install all

# --- what stands at each name ---

is 'every content' "$(contents "$P/lib")" 'a: new a
b: new b
c: new c
c-too: old c
fresh/a: new a
fresh/b/c: new c
fresh/b/d: new d
new: new d
plug/four: new d
plug/one: 1
plug/two: new plug.two'
is 'every entry' "$(listing "$P/lib")" ' d
a f
b f
c f
c-too f
dir d
dir/dir d
fresh d
fresh/a f
fresh/b d
fresh/b/c f
fresh/b/d f
fresh/b/up l
new f
plug d
plug/four f
plug/one f
plug/two f
to-a l
to-b l'
exits 1 'No such file or directory' 'a removed name' cat "$P/lib/d"
is 'a symlink of the base to a patched file' "$(cat "$P/lib/to-a")" 'new a'
is 'a symlink of the patch' "$(readlink "$P/lib/to-b") $(cat "$P/lib/to-b")" 'b new b'
is 'a symlink of the patch out of a directory of its own' "$(cat "$P/lib/fresh/b/up")" 'new a'
is 'a large one is whole' "$(cksum <"$P/lib/plug/one")" "$(cksum <"$T/large")"
is 'what was open goes on with the old content' "$(cat <&5) $(cat <&6)" 'old a old dir/dir/deep'

# --- what stat says ---

is 'modes are those of the bundle' \
	"$(stat -c '%a %U %G %h' "$P/lib/b" "$P/lib/a" "$P/lib/fresh/a" | tr '\n' ,)" \
	'600 root root 1,644 root root 1,755 root root 1,'
is 'sizes' "$(stat -c %s "$P/lib/plug/one" "$P/lib/a")" "$(stat -c %s "$T/large" "$T/new.a")"
is 'the time is that of the release' \
	"$(TZ=UTC stat -c %y "$P/lib/a" "$P/lib/to-b" "$P/lib/fresh" | sort -u)" \
	'2026-02-03 04:05:06.000000000 +0000'
numbers=$(find "$P/lib" -printf '%i\n' | sort)
is 'no two have one number' "$(uniq -d <<<"$numbers")" ''
is 'stat and readdir agree on it' \
	"$(cd "$P/lib" && find . -name '[a-d]' -printf '%i\n' | sort)" \
	"$(cd "$P/lib" && find . -name '[a-d]' -exec stat -c %i {} + | sort)"
is 'ls -i (of readdir) and stat agree' "$("$python" -c 'import os, sys
print([e.name for e in os.scandir(sys.argv[1]) if e.inode() != os.lstat(e.path).st_ino])' "$P/lib")" '[]'
is 'a patched number says that it is ours' \
	"$(printf '%x' "$(stat -c %i "$P/lib/a")" | head -c 8)" 6d656e64
is 'a patched file is another than the base' "$(test "$old_ino" != "$(stat -c %i "$P/lib/a")" && echo so)" so
is 'base files keep theirs' "$(stat -c %i "$P/lib/c-too")" "$(stat -c %i "$P/bare/c-too")"
is 'a directory of the patch' "$(stat -c '%F %a' "$P/lib/fresh" "$P/lib/fresh/b" | sort -u)" 'directory 755'
is 'and what it lists' "$("$python" -c 'import ctypes, sys
libc = ctypes.CDLL(None)
libc.opendir.restype = libc.readdir.restype = ctypes.c_void_p
libc.readdir.argtypes = [ctypes.c_void_p]
dir, names = libc.opendir(sys.argv[1].encode()), []
while entry := libc.readdir(dir):
    names.append(ctypes.string_at(entry + 19).decode())
print(*sorted(names))' "$P/lib/fresh/b")" '. .. c d up'
exits 1 'No such file or directory' 'there is nothing else in it' cat "$P/lib/fresh/x"
is 'getcwd in it' "$(cd "$P/lib/fresh/b" && /bin/pwd)" "$P/lib/fresh/b"
is 'it can be left by ..' "$(cat "$P/lib/fresh/b/../../a")" 'new a'

# --- a patched file as a file ---

ok 'a patched file cannot be written by a stranger' bash -c "! setpriv --reuid=65534 --clear-groups \
	sh -c 'echo x >$P/lib/a' 2>/dev/null"
is 'its attributes' "$(getfattr -d "$P/lib/a" 2>&1)" ''
is 'mmap, sendfile, offsets' "$("$python" -c 'import mmap, os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
with mmap.mmap(fd, 0, prot=mmap.PROT_READ) as m:
    print(len(m), m[:4], os.pread(fd, 4, 10), os.lseek(fd, 0, os.SEEK_DATA), os.lseek(fd, 0, os.SEEK_HOLE))' \
	"$P/lib/plug/one")" "13893 b'1\\n2\\n' b'6\\n7\\n' 0 13893"
is 'the base below is as it was' "$(contents "$P/bare")" "$before"

# --- the next release, and away ---

exec 7<"$P/lib/a"
bundle next all 2 "$P/lib" --replace a="$T/new.d" --add fresh/e="$T/new.a" --base-dir "$P/bare"
install next
is 'the next release is all that is left' "$(contents "$P/lib" | grep -v old)" 'a: new d
fresh/e: new a'
is 'what the first removed is back' "$(cat "$P/lib/d" "$P/lib/dir/dir/deep")" "$(printf 'old d\nold dir/dir/deep')"
is 'a directory of both' "$(ls "$P/lib/fresh")" e
is 'what was open in the first stays' "$(cat <&7)" 'new a'
mendctl revert --quiet
is 'after revert: contents' "$(contents "$P/lib")" "$before"
is 'after revert: names' "$(listing "$P/lib")" "$listed"
is 'after revert: the number' "$(stat -c %i "$P/lib/a")" "$old_ino"
same_tree 'after revert: everything' "$P/lib" "$P/bare"
mendctl rollback --quiet 1
is 'and the first once more' "$(cat "$P/lib/a" "$P/lib/fresh/b/c" "$P/lib/to-b" | tr '\n' ,)" 'new a,new c,new b,'
exec 5<&- 6<&- 7<&-
