#!/bin/bash
# SPDX-License-Identifier: MIT
# inspect: what a person sees, in the width of the terminal, and what a program reads.
. "${0%/*}/../lib.sh"
need_command python3

publisher acme
key=$(sed -n '1s/.* //p' "$T/acme.pub")
mkdir -p "$T/base"
head -c 100000 /dev/zero >"$T/base/libhole.so"
{ cat "$T/base/libhole.so"; seq 3000; } >"$T/new.so"
"$bin/mend-publish" build -s "$T/acme.key" -o "$T/b.mend" --id hole --release 28 --base-dir "$T/base" --delta \
	--replace libhole.so="$T/new.so" --symlink a/link=to --issued 2026-11-22 --title 'Mend a hole' \
	--severity low --os debian:12 --os alpine --arch any --quiet || bail "build makes a bundle"
hash() { b2sum -l 256 "$1" | cut -c "1-$2"; }
sizes() { tar tvf "$T/b.mend" | awk -v name="$1" '$6 ~ name { print $3 }'; }
delta=$(sizes "from/") whole=$(sizes "objects/[0-9a-f]*.zst")

is "for a person" "$("$bin/mend-publish" inspect "$T/b.mend")" "hole (ab), release 28: Mend a hole
(as it claims; 'mend-publish verify' checks it)
severity    low
issued      2026-11-22T00:00:00Z
arch        any
root        /usr/lib
os          debian 12, alpine
targets
  symlink            a/link -> to
  replace   111 KiB  libhole.so
signatures
  $key  mendfs hole 28
objects
  $(hash "$T/new.so" 16)   111 KiB in $(printf %6d "$whole") B  whole"

cat >"$T/check.py" <<'END'
import json, sys
claims = json.load(sys.stdin)
assert list(claims) == ["format", "manifest", "signatures", "objects"], list(claims)
assert claims["format"] == 1
assert claims["manifest"]["id"] == "hole" and len(claims["manifest"]["targets"]) == 2
key, whole, size, name = sys.argv[1:]
assert claims["signatures"] == [{"key": key, "comment": "mendfs hole 28"}], claims["signatures"]
assert claims["objects"] == [
    {"object": name, "from": None, "size": int(size), "compressed": int(whole)}], claims["objects"]
END
inspect_json() { "$bin/mend-publish" inspect --json "$T/b.mend" | python3 "$T/check.py" "$@"; }
ok "for a program" inspect_json "$key" "$whole" "$(stat -c %s "$T/new.so")" "$(hash "$T/new.so" 64)"
is "no delta was worth its place" "$delta" ''

cat >"$T/terminal.py" <<'END'
"""Runs a command on a terminal of 40 columns, and prints its widest line."""
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])
shown = b""
try:
    while part := os.read(terminal, 4096):
        shown += part
except OSError:
    pass
os.waitpid(pid, 0)
print(max(len(line) for line in shown.decode().replace("\r", "").split("\n")))
END
is "lines are cut at the terminal's width" "$(python3 "$T/terminal.py" "$bin/mend-publish" inspect "$T/b.mend")" 40
