#!/bin/bash
# SPDX-License-Identifier: MIT
# Promise 5: nobody notices a crash of ours. Four programs read without a pause while each of the three
# processes is killed again and again; not one operation may fail or see another content.
# limit: 120
# not sanitized
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"
need_handles

mkdir -p "$T/fs/lib/sub" "$P/lib" "$T/want"
mount --bind "$T/fs/lib" "$P/lib"
for i in {1..300}; do
	seq "$i" 400 >"$P/lib/f$i"
	seq "$i" 300 >"$P/lib/sub/f$i"
	ln -s "f$i" "$P/lib/l$i"
done
for library in libcrypto.so.3 libssl.so.3; do
	cp "$(ldconfig -p | awk -v name=$library '$1 == name { print $NF; exit }')" "$P/lib/"
done
cp "$(command -v openssl)" "$P/lib/openssl"
cp "$(command -v sleep)" "$P/lib/nap"
args=()
for i in {1..40}; do
	echo "patched $i" >"$T/new$i"
	args+=(--replace "f$i=$T/new$i" --add "fresh/f$i=$T/new$i" --remove "sub/f$i")
done
bundle a a 1 "$P/lib" "${args[@]}"
mount_mendfs "$P/lib"
install a
ok 'the three are there' eventually 10 family_is_whole

# --- four readers: each writes what went wrong, and how often it went right ---

cat >"$T/compare" <<'END'
"""Opens, reads, compares and closes, links and missing names too."""
import os, sys
top, stop, out = sys.argv[1:]
want = {}
for i in range(1, 301):
    numbers = "".join(f"{n}\n" for n in range(i, 401)).encode()
    want[f"f{i}"] = want[f"l{i}"] = f"patched {i}\n".encode() if i <= 40 else numbers
    want[f"sub/f{i}"] = None if i <= 40 else "".join(f"{n}\n" for n in range(i, 301)).encode()
    want[f"fresh/f{i}"] = f"patched {i}\n".encode() if i <= 40 else None
rounds = 0
while not os.path.exists(stop):
    for name, content in want.items():
        try:
            got = open(f"{top}/{name}", "rb").read()
        except FileNotFoundError:
            got = None
        except OSError as error:
            print(name, error, file=sys.stderr)
            continue
        if got != content:
            print(name, "is", got and got[:40], file=sys.stderr)
    rounds += 1
open(out, "w").write(str(rounds))
END
until_stopped() { # NAME ANSWER CMD…: runs it again and again; every other answer is wrong
	local name=$1 first=$2 now rounds=0
	shift 2
	while [[ ! -e $T/stop ]]; do
		now=$("$@" 2>&1) || echo "ended with $?: $now"
		[[ $now == "$first" ]] || diff <(echo "$first") <(echo "$now")
		rounds=$((rounds + 1))
	done >"$T/$name.wrong" 2>&1
	echo $rounds >"$T/$name.rounds"
}
listing() {
	find "$P/lib" -printf '%p %y %s %l\n' | LC_ALL=C sort | cksum
	return "${PIPESTATUS[0]}"
}
openssl_digest() {
	LD_LIBRARY_PATH=$P/lib "$P/lib/openssl" dgst -sha256 -r "$P"/lib/f? "$P/lib/libssl.so.3"
}
readers=()
spawn "$python" "$T/compare" "$P/lib" "$T/stop" "$T/compare.rounds" 2>"$T/compare.wrong"
readers+=("$spawned")
spawn until_stopped find "$(listing)" listing
readers+=("$spawned")
spawn until_stopped openssl "$(openssl_digest)" openssl_digest
readers+=("$spawned")
spawn until_stopped cmp '' cmp "$P/lib/f7" "$T/new7"
readers+=("$spawned")

# kills SIGNAL PID…, then the three have to be there again.
kills() {
	kill "-$1" "${@:2}" || bail "a process to kill"
	eventually 45 whole_but "${@:2}" || bail "all three come back after SIG$1"
}
whole_but() { # PID…: three that are none of these
	local pid
	family_is_whole || return 1
	for pid; do
		[[ " $supervisor $worker $standby " != *" $pid "* ]] || return 1
	done
}
ran() { # the readers still do
	kill -0 "${readers[@]}"
}

for i in {1..10}; do
	family
	kills KILL "$worker"
	sleep 0.1
done
ok 'worker killed ten times' ran
for i in 1 2 3; do
	family
	kills KILL "$standby"
	family
	kills KILL "$supervisor"
done
ok 'standby and supervisor killed three times' ran
for i in 1 2 3; do
	family
	kills KILL "$worker" "$standby"
	family
	kills KILL "$supervisor" "$worker"
	family
	kills KILL "$supervisor" "$standby"
done
ok 'each two killed three times' ran
family
kills SEGV "$worker"
family
kills STOP "$worker"
ok 'a worker that is stopped is replaced' ran

touch "$T/stop"
for pid in "${readers[@]}"; do
	wait "$pid"
done
for name in compare find openssl cmp; do
	is "$name: nothing went wrong" "$(head -n 5 "$T/$name.wrong")" ''
	ok "$name: and it ran" test "$(cat "$T/$name.rounds")" -gt 2
	printf '# %s: %d rounds\n' $name "$(cat "$T/$name.rounds")"
done

# --- what else has to work after all of that ---

is 'the patch is still there' "$(cat "$P/lib/f1")" 'patched 1'
is 'the status is told' "$(mendctl status | grep -c 'a (a) *active')" 1
mendctl revert --quiet
is 'a flip works' "$(head -n 1 "$P/lib/f1")" 1
family
kills KILL "$worker"
is 'and is kept by the next worker' "$(head -n 1 "$P/lib/f1")" 1
mendctl activate --quiet a
family
kills KILL "$worker" "$standby"
is 'and by one that the supervisor starts' "$(cat "$P/lib/f1")" 'patched 1'

# --- all three at once ---

exec 5<"$P/lib/f1" 6<"$P/lib/f100"
spawn "$P/lib/nap" 100
ok 'a program runs from the mount' eventually 5 grep -q nap "/proc/$spawned/comm"
family
# None of them may see another one's end.
kill -STOP "$worker" "$standby" "$supervisor"
kill -KILL "$worker" "$standby" "$supervisor"
ok 'all three are dead' eventually 5 family_is_gone
read -r line <&5
is 'an open patched file is read on' "$line" 'patched 1'
read -r line <&6
is 'an open base file too' "$line" 100
ok 'a running program runs on' kill -0 "$spawned"
exits 1 'not connected' 'what is opened now fails' cat "$P/lib/f1"
ok 'umount -l repairs it' umount -l "$P/lib"
is 'the base shows' "$(head -n 1 "$P/lib/f1")" 1
ok 'the program still runs' kill -0 "$spawned"
mount_mendfs "$P/lib"
is 'and it can be mounted again' "$(cat "$P/lib/f1")" 'patched 1'
exec 5<&- 6<&-
