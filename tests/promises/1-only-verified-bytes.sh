#!/bin/bash
# SPDX-License-Identifier: MIT
# Promise 1: only verified bytes are served. What was hashed is what is mapped: whoever changes the
# store afterwards changes nothing, and what is damaged before is left out and said to be.
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"

mkdir "$P/lib"
for name in a b c; do
	echo "old $name" >"$P/lib/$name"
	seq -f "$name %g" 1 5000 >"$T/new-$name"
done
bundle one one 1 "$P/lib" --replace a="$T/new-a" --add a2="$T/new-a"
bundle two two 1 "$P/lib" --replace b="$T/new-b" --replace c="$T/new-c" --title two
object() { # FILE: where the store has its content
	local hash
	hash=$(b2sum -l 256 "$1")
	echo "$MENDFS_STORE/objects/${hash:0:2}/${hash:2:62}"
}
flip_bit() { # FILE
	local byte
	chmod u+w "$1"
	byte=$(od -An -tu1 -j 1000 -N 1 "$1")
	printf '%b' "\\x$(printf '%x' $((byte ^ 4)))" | dd of="$1" bs=1 seek=1000 conv=notrunc status=none
}
served() {
	for name in a b c; do
		cmp -s "$P/lib/$name" "$T/new-$name" && printf 'new '
		[[ $(head -n 1 "$P/lib/$name") == "old $name" ]] && printf 'old '
	done
}
remount() {
	umount "$P/lib"
	eventually 10 family_is_gone
	mount_mendfs "$P/lib"
}

mount_mendfs "$P/lib"
install one two
is 'both are served' "$(served)" 'new new new '

# --- after it was made live ---

exec 5<"$P/lib/a"
flip_bit "$(object "$T/new-a")"
is 'a bit changed in the store changes nothing that is served' "$(served)" 'new new new '
chmod u+w "$(object "$T/new-b")"
: >"$(object "$T/new-b")"
rm "$(object "$T/new-c")"
is 'nor does an emptied or a missing object' "$(served)" 'new new new '
is 'nor at an open descriptor' "$(cksum <&5)" "$(cksum <"$T/new-a")"
exits 1 '' 'mendctl verify finds them' mendctl verify
eventually 10 family_is_whole
kill -KILL "$worker"
is 'nor when the worker dies' "$(served)" 'new new new '
exec 5<&-

# --- before it is made live ---

remount
is 'at the next mount the damaged ones are left out' "$(served)" 'old old old '
is 'both of them' "$(status_of "$P/lib" 'sorted(l["id"] for l in s["left_out"])')" "['one', 'two']"
is 'with the reason' "$(status_of "$P/lib" '["object" in l["reason"] for l in s["left_out"]]')" '[True, True]'
ok 'mendctl status tells so' grep -q 'damaged' <(mendctl status 2>&1)
install one
is 'what is installed again is served again' "$(served)" 'new old old '
rm "$(object "$T/new-a")"
remount
is 'until it is damaged again' "$(served)" 'old old old '
mendctl revert --quiet
install two
is 'what is installed again is whole' "$(served)" 'old new new '
exits 1 'one (a)' 'the other one is not made live' mendctl activate one
is 'and nothing has changed' "$(served)" 'old new new '

# --- a store that says something else than was signed ---

manifest=$(find "$MENDFS_STORE/patches/two" -name manifest.json)
chmod u+w "$manifest"
sed -i 's/"two"/"twO"/' "$manifest"
is 'a changed manifest changes nothing that is live' "$(served)" 'old new new '
remount
is 'and is left out at the next mount' "$(served)" 'old old old '
is 'as is told' "$(status_of "$P/lib" '[l["id"] for l in s["left_out"]]')" "['two']"

# --- nobody can write what is served, not even root ---

rm -rf "$MENDFS_STORE"
remount
bundle three three 1 "$P/lib" --replace a="$T/new-a"
install three
before=$(cksum <"$P/lib/a")
eventually 10 family_is_whole
is 'not through what is open for reading, nor the memory of the daemon' "$("$python" - "$P/lib/a" "$worker" <<'END'
import mmap, os, sys
path, worker = sys.argv[1:]
fd = os.open(path, os.O_RDONLY)
sealed = [name for name in os.listdir(f"/proc/{worker}/fd")
          if "mendfs-object" in os.readlink(f"/proc/{worker}/fd/{name}")]
attacks = [lambda: mmap.mmap(fd, 0, flags=mmap.MAP_SHARED, prot=mmap.PROT_WRITE),
           lambda: os.write(fd, b"x"), lambda: os.ftruncate(fd, 0)]
for name in sealed:
    memory = os.open(f"/proc/{worker}/fd/{name}", os.O_RDWR)
    attacks += [lambda: os.pwrite(memory, b"x", 0), lambda: os.ftruncate(memory, 1),
                lambda: mmap.mmap(memory, 0, flags=mmap.MAP_SHARED, prot=mmap.PROT_WRITE)]
refused = 0
for attack in attacks:
    try:
        attack()
    except (OSError, ValueError):
        refused += 1
print(len(sealed), len(attacks), refused)
END
)" '1 6 6'
is 'it is as it was' "$(cksum <"$P/lib/a")" "$before"
