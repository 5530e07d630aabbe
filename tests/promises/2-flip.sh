#!/bin/bash
# SPDX-License-Identifier: MIT
# Promise 2: a flip is atomic and immediate. Twenty programs load the library again and again while it is
# patched, patched anew and reverted: no load fails, and none that began after mendctl had returned gets
# the old one. Of several mounts all are flipped or none.
# limit: 120
# not sanitized
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"
[[ -e $B/examples/fixed/libgreet.so.1 ]] || skip 'the examples are not built'

mkdir -p "$P"/{lib,one,two,base1,base2}
cp "$B/examples/base/libgreet.so.1" "$P/lib/libgreet.so.1"
echo 1.0.0 >"$P/lib/version"
echo 1.0.1 >"$T/version"
sed 's/1\.0\.1/1.0.2/' "$B/examples/fixed/libgreet.so.1" >"$T/libgreet2"
bundle a greet 1 "$P/lib" --replace libgreet.so.1="$B/examples/fixed/libgreet.so.1" --replace version="$T/version"
bundle b greet 2 "$P/lib" --replace libgreet.so.1="$T/libgreet2"
mount_mendfs "$P/lib"

cat >"$T/load" <<'END'
"""Loads the library again and again; writes when each load began and ended and what it got."""
import _ctypes, ctypes, os, sys, time
top, stop, out = sys.argv[1:]
log = open(out, "w")
while not os.path.exists(stop):
    began = time.time_ns()
    try:
        library = ctypes.CDLL(f"{top}/libgreet.so.1")
        library.greet_version.restype = ctypes.c_char_p
        got = library.greet_version().decode()
        _ctypes.dlclose(library._handle)
    except OSError as error:
        got = str(error).replace(" ", "_")
    print(began, time.time_ns(), got, file=log)
    time.sleep(0.002)
log.close()
END
readers=()
for i in {1..20}; do
	spawn "$python" "$T/load" "$P/lib" "$T/stop" "$T/log.$i"
	readers+=("$spawned")
done
loading() {
	local logs=("$T"/log.*)
	[[ ${#logs[@]} == 20 && -s ${logs[0]} ]]
}
ok 'twenty programs load it' eventually 20 loading

# flip VERSION VERB…: the version that is there from its return to the start of the next one.
flip() {
	local start=${EPOCHREALTIME/./}000 status=0
	timeout 30 "$bin/mendctl" --quiet "${@:2}" >"$T/.out" 2>&1 || status=$?
	echo "$start ${EPOCHREALTIME/./}000 $1" >>"$T/flips"
	[[ $status == 0 ]] || { explain "$T/.out"; bail "mendctl ${*:2}"; }
	sleep 0.15
}
echo "0 0 1.0.0" >"$T/flips"
sleep 0.3
for i in {1..5}; do
	if [[ $i == 1 ]]; then
		flip 1.0.1 install "$T/a.mend"
		flip 1.0.2 install "$T/b.mend"
	else
		flip 1.0.1 rollback 1
		flip 1.0.2 rollback 2
	fi
	flip 1.0.0 revert
	flip 1.0.2 activate greet
	flip 1.0.0 remove greet=2
	flip 1.0.2 install "$T/b.mend"
	flip 1.0.0 deactivate greet
done
touch "$T/stop"
for pid in "${readers[@]}"; do
	wait "$pid"
done
"$python" - "$T/flips" "$T"/log.* >"$T/judged" <<'END'
import bisect, sys
flips = [line.split() for line in open(sys.argv[1])]
starts = [int(flip[0]) for flip in flips]
loads, wrong, during = 0, [], 0
for name in sys.argv[2:]:
    for line in open(name):
        began, ended, got = line.split()
        began, ended = int(began), int(ended)
        loads += 1
        # The newest flip that had returned when this load began, and all that had started when it ended.
        first = max(i for i, flip in enumerate(flips) if int(flip[1]) <= began)
        last = bisect.bisect_right(starts, ended) - 1
        during += last > first
        if got not in [flip[2] for flip in flips[first:last + 1]]:
            wrong.append(f"{name}: {line.strip()}: want {[flip[2] for flip in flips[first:last + 1]]}")
print(len(flips), loads, during, len(wrong))
print(*wrong[:10], sep="\n")
END
read -r flips loads during wrong <"$T/judged"
ok "$loads loads, $during of them during one of $flips flips: each got the right one" test "$wrong" = 0 ||
	explain "$T/judged"
ok 'and there were many' test "$loads" -gt 1000
umount "$P/lib"

# --- several mounts of one root ---

for base in base1 base2; do
	echo old >"$P/$base/f"
done
echo new >"$T/new"
mount_mendfs "$P/one" --base "$P/base1" --as /opt/lib
mount_mendfs "$P/two" --base "$P/base2" --as /opt/lib
both() {
	cat "$P/one/f" "$P/two/f" | tr '\n' ' '
}
bundle c c 1 /opt/lib --base-dir "$P/base1" --replace f="$T/new"
install c
is 'both mounts have it when mendctl returns' "$(both)" 'new new '
mendctl revert --quiet
is 'or neither' "$(both)" 'old old '
umount "$P/two"
eventually 10 test ! -e "$MENDFS_RUN/mnt-two.json"
echo other >"$P/base2/f"
mount_mendfs "$P/two" --base "$P/base2" --as /opt/lib
exits 1 'base is not what the patch was made for' 'one that does not fit stops it for all' mendctl activate c
is 'and neither has it' "$(both)" 'old other '
is 'neither in its status' "$(status_of "$P/one" 'len(s["releases"])') $(status_of "$P/two" 'len(s["releases"])')" '0 0'
