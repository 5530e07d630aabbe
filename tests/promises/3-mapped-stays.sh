#!/bin/bash
# SPDX-License-Identifier: MIT
# Promise 3: what is mapped stays mapped. Programs that have loaded a library keep those very bytes
# through install, remove, crashes, unmounting and mounting again.
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"
[[ -x $B/examples/greet-server ]] || skip 'the examples are not built'

mkdir "$P/lib"
cp "$B/examples/base/libgreet.so.1" "$P/lib/"
bundle a greet 1 "$P/lib" --replace libgreet.so.1="$B/examples/fixed/libgreet.so.1"

# server NAME: a program with the library as it is now.
declare -A in out pids
server() {
	local read write
	mkfifo "$T/$1.in" "$T/$1.out"
	LD_LIBRARY_PATH=$P/lib spawn bash -c 'exec "$1" <"$2" >"$3"' - "$B/examples/greet-server" "$T/$1.in" "$T/$1.out"
	exec {write}>"$T/$1.in" {read}<"$T/$1.out"
	in[$1]=$write out[$1]=$read pids[$1]=$spawned
}
version() { # NAME: which library it answers with
	local line
	echo x >&"${in[$1]}"
	read -r -t 10 -u "${out[$1]}" line
	line=${line#libgreet }
	echo "${line%% *}"
}
# The bytes of its code as they are in its memory.
mapped() {
	"$python" - "${pids[$1]}" <<'END'
import hashlib, sys
for line in open(f"/proc/{sys.argv[1]}/maps"):
    if "libgreet" in line and " r-xp " in line:
        start, end = (int(x, 16) for x in line.split()[0].split("-"))
        with open(f"/proc/{sys.argv[1]}/mem", "rb") as memory:
            memory.seek(start)
            print(hashlib.sha256(memory.read(end - start)).hexdigest())
END
}
all() { # "text": the three are what they were
	is "$1" "$(version bare) $(version base) $(version patched)" '1.0.0 1.0.0 1.0.1'
	is "$1: the very bytes" "$(mapped bare) $(mapped base) $(mapped patched)" "$bytes"
}

server bare
is 'a program from before the mount' "$(version bare)" 1.0.0
mount_mendfs "$P/lib"
server base
is 'one from before the patch' "$(version base)" 1.0.0
install a
server patched
is 'one from after it' "$(version patched)" 1.0.1
bytes="$(mapped bare) $(mapped base) $(mapped patched)"
is 'of two contents' "$(tr ' ' '\n' <<<"$bytes" | sort -u | wc -l)" 2
all 'install'
is 'the file that is mapped says that it is patched' \
	"$(awk '/libgreet/ { print $5; exit }' "/proc/${pids[patched]}/maps")" "$(stat -c %i "$P/lib/libgreet.so.1")"
mendctl revert --quiet
all 'revert'
sed 's/1\.0\.1/1.0.2/' "$B/examples/fixed/libgreet.so.1" >"$T/next"
bundle b greet 2 "$P/lib" --replace libgreet.so.1="$T/next"
install b
all 'the next release'
mendctl remove --quiet greet
mendctl gc --quiet --keep 1
all 'remove and gc'
if cp "$T/next" "$P/lib/libgreet.so.2" 2>/dev/null && mv "$P/lib/libgreet.so.2" "$P/lib/libgreet.so.1"; then
	all 'an upgrade of the base, by rename through the mount'
fi
eventually 10 family_is_whole
kill -KILL "$worker"
all 'the death of the worker'
eventually 10 family_is_whole
kill -KILL "$worker" "$standby"
all 'the death of worker and standby'
umount -l "$P/lib"
all 'umount -l'
mount_mendfs "$P/lib"
all 'mounted again'
server bare2
is 'a new program gets what is there now' "$(version bare2)" 1.0.2
