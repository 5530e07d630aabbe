#!/bin/bash
# SPDX-License-Identifier: MIT
# However a mount ends, the base is there at once, what is in use stays usable, and nothing is left.
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"
need_handles

mkdir "$T/fs/lib"
mkdir "$P/lib"
mount --bind "$T/fs/lib" "$P/lib"
seq 1 20000 >"$P/lib/f"
seq 2 20001 >"$T/new"
echo other >"$P/lib/g"
bundle a a 1 "$P/lib" --replace f="$T/new"
mount_mendfs "$P/lib"
install a
umount "$P/lib"

up() {
	eventually 10 family_is_gone || bail 'the last daemon ends'
	mount_mendfs "$P/lib"
	eventually 5 family_is_whole || bail 'the three are there'
}
down() { # "text": nothing is left, and the base shows
	ok "$1: all three processes end" eventually 10 family_is_gone
	is "$1: socket and status file are gone" "$(find "$MENDFS_RUN" -type f -o -type s)" ''
	is "$1: it is not mounted" "$(findmnt -n -t fuse.mendfs --mountpoint "$P/lib")" ''
	is "$1: the base shows" "$(head -n 1 "$P/lib/f")" 1
}

# A process that has the patched file mapped, another one open, and tells of both when asked.
hold() {
	rm -f "$T/ask" "$T/answer"
	mkfifo "$T/ask" "$T/answer"
	spawn "$python" -c 'import hashlib, mmap, os, sys
top, ask, answer = sys.argv[1:]
fd, other = (os.open(f"{top}/{name}", os.O_RDONLY) for name in "fg")
mapped = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
open(answer, "w").write("ready")
for line in iter(lambda: open(ask).read(), ""):
    size = os.fstat(fd).st_size if line == "stat" else len(mapped)
    said = [hashlib.sha256(mapped[:]).hexdigest(), hashlib.sha256(os.pread(fd, size, 0)).hexdigest(),
            os.pread(other, 10, 0).decode().strip()]
    open(answer, "w").write(" ".join(said))' "$P/lib" "$T/ask" "$T/answer" 2>>"$T/hold.log"
	[[ $(timeout 10 cat "$T/answer") == ready ]] || bail 'a process holds the files'
}
patched=$(sha256sum <"$T/new")
patched="${patched%% *} ${patched%% *} other"
held() {
	timeout 5 bash -c 'printf x >"$1"' - "$T/ask"
	timeout 5 cat "$T/answer"
}

up
is 'it serves' "$(head -n 1 "$P/lib/f")" 2
ok 'umount' umount "$P/lib"
down 'umount'

for signal in TERM INT; do
	up
	kill -$signal "$supervisor"
	down "SIG$signal"
done
up
kill -HUP "$supervisor"
ok 'SIGHUP ends nothing' bash -c "sleep 0.3; head -n 1 $P/lib/f | grep -qx 2"
umount "$P/lib"

# --- in use ---

up
hold
exits 32 'busy' 'umount of a mount in use is refused' umount "$P/lib"
is 'and changes nothing' "$(head -n 1 "$P/lib/f")" 2
is 'for who holds it neither' "$(held)" "$patched"
ok 'umount -l' umount -l "$P/lib"
is 'umount -l: the base shows at once' "$(head -n 1 "$P/lib/f")" 1
is 'umount -l: what is mapped and open stays' "$(held)" "$patched"
sleep 1
is 'umount -l: for as long as it is used' "$(held)" "$patched"
ok 'umount -l: it can be mounted again meanwhile' timeout 20 "$bin/mendfs" "$P/lib"
is 'umount -l: and serves' "$(head -n 1 "$P/lib/f")" 2
umount "$P/lib"
kill "$spawned"
wait "$spawned" 2>/dev/null
down 'umount -l, after its last user'

up
hold
kill -TERM "$supervisor"
down 'SIGTERM with files open'
is 'SIGTERM: what is mapped and open stays without any daemon' "$(held)" "$patched"
kill "$spawned"
wait "$spawned" 2>/dev/null

# --- a working directory in it, and a program running from it ---

cp /bin/sleep "$P/lib/nap"
up
spawn "$P/lib/nap" 100
ok 'a program runs from it' eventually 5 grep -q nap "/proc/$spawned/comm"
cd "$P/lib" || exit
umount -l "$P/lib"
is 'a working directory in it goes on' "$(head -n 1 f)" 2
ok 'and the program' kill -0 "$spawned"
cd / || exit
kill "$spawned"
wait "$spawned" 2>/dev/null
down 'umount -l of a working directory'
