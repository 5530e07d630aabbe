#!/bin/bash
# SPDX-License-Identifier: MIT
# Many files cost the daemon next to nothing: no descriptor each, and a little memory that is shared.
# limit: 120
# not sanitized
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"
need_handles

mkdir -p "$T/fs/lib" "$P/lib"
mount --bind "$T/fs/lib" "$P/lib"
"$python" - "$P/lib" <<'END'
import os, sys
for i in range(100):
    os.mkdir(f"{sys.argv[1]}/{i:02}")
    for j in range(1000):
        os.mknod(f"{sys.argv[1]}/{i:02}/a-library-of-this-machine-{j:03}.so", 0o100644)
with open(f"{sys.argv[1]}/one", "w") as one:
    one.write("one")
END
mount_mendfs "$P/lib"
ok 'the three are there' eventually 5 family_is_whole

descriptors() { # PID
	find "/proc/$1/fd" -mindepth 1 | wc -l
}
kilobytes() { # PID
	awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}

# --- 5,000 files open, each by one process ---

mkfifo "$T/ready" "$T/end"
ulimit -n 20000
spawn "$python" -c 'import os, sys
top, ready, end = sys.argv[1:]
files = [os.open(f"{top}/{i:02}/a-library-of-this-machine-{j:03}.so", os.O_RDONLY)
         for i in range(5) for j in range(1000)]
open(ready, "w").write(str(len(files)))
open(end).read()
assert all(os.read(fd, 1) == b"" for fd in files)' "$P/lib" "$T/ready" "$T/end"
is 'a process holds 5,000 files' "$(timeout 30 cat "$T/ready")" 5000
family
for pid in "$worker" "$standby" "$supervisor"; do
	ok "$(cat "/proc/$pid/comm") has few descriptors" test "$(descriptors "$pid")" -lt 100
done
# They outlive the worker that opened them.
kill -KILL "$worker"
echo >"$T/end"
ok 'and reads them all when the worker that opened them is dead' wait "$spawned"
ok 'the three are there again' eventually 10 family_is_whole

# --- 100,000 known to the kernel ---

is 'a walk finds 100,000' "$(find "$P/lib" -type f -name '*.so' -size -1 -printf 'x\n' | wc -l)" 100000
family
for pid in "$worker" "$standby" "$supervisor"; do
	name=$(cat "/proc/$pid/comm")
	ok "$name has few descriptors" test "$(descriptors "$pid")" -lt 100
	ok "$name has less than 64 MiB" test "$(kilobytes "$pid")" -lt 65536
	printf '# %s: %d KiB\n' "$name" "$(kilobytes "$pid")"
done
echo two >"$T/two"
bundle a a 1 "$P/lib" --replace one="$T/two"
install a
is 'a flip among so many' "$(cat "$P/lib/one")" two
umount "$P/lib"
ok 'and all of it ends' eventually 10 family_is_gone
