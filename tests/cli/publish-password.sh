#!/bin/bash
# SPDX-License-Identifier: MIT
# The terminal is asked for passwords: twice for a new key, never echoed, and left as it was after ^C.
# limit: 120
. "${0%/*}/../lib.sh"
need_command python3

cat >"$T/typist.py" <<'END'
"""Types ANSWERS into a program on a terminal of its own; prints what the terminal showed."""
import os, pty, select, sys, termios

answers = sys.argv[1].split(",")
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b""
while True:
    if not select.select([terminal], [], [], 30)[0]:
        os.kill(pid, 9)
        break
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    if shown.endswith(b": ") and answers:
        answer = answers.pop(0)
        os.write(terminal, b"\x03" if answer == "^C" else answer.encode() + b"\n")
        shown += b"|"
    echo = termios.tcgetattr(terminal)[3] & termios.ECHO if not answers else 1
status = os.waitpid(pid, 0)[1]
sys.stdout.write(shown.decode().replace("\r\n", "\n").replace(os.environ["T"], ""))
print("echo" if echo else "no echo", "signal" if os.WIFSIGNALED(status) else "exit",
      os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
END
export T
keygen() { python3 "$T/typist.py" "$1" "$bin/mend-publish" keygen -s "$T/k" -p "$T/p"; }

is "two that differ" "$(keygen one,two)" "New password of /k: |
Once more, the password of /k: |
mend-publish: /k: the two passwords differ
echo exit 2"
is "an empty one" "$(keygen '')" "New password of /k: |
mend-publish: /k: password is empty
echo exit 2"
is "^C ends it, and gives the echo back" "$(keygen '^C' | tail -n 1)" "echo signal 2"
ok "no key came of that" test ! -e "$T/k" -a ! -e "$T/p" -a -z "$(compgen -G "$T/.tmp-*")"
