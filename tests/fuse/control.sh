#!/bin/bash
# SPDX-License-Identifier: MIT
# The control socket, called by somebody who knows Varlink and nothing of mendfs.
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"

mkdir "$P/lib"
echo old >"$P/lib/f"
echo new >"$T/new"
bundle a a 1 "$P/lib" --replace f="$T/new" --add g="$T/new" --title 'A title'
bundle b b 1 "$P/lib" --add h="$T/new"
mount_mendfs "$P/lib"
install a
mendctl deactivate --quiet a
install b
mendctl rollback --quiet 1
socket=$MENDFS_RUN/$(control_name "$P/lib").varlink

# --- who may ---

is 'the socket is root'\''s alone' "$(stat -c '%a %U %F' "$socket")" '600 root socket'
is 'anybody may read the status file' "$(stat -c '%a %U' "${socket%.varlink}.json")" '644 root'
greet='import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
try:
    s.sendall(b"{\"method\": \"io.mendfs.Control.Status\"}\0")
    print(s.recv(100000).decode())
except OSError:
    print()'
chmod 755 "$T" "$MENDFS_RUN"
cp -a "$MENDFS_RUN" "$P/seen"
mount --bind "$MENDFS_RUN" "$P/seen"
is 'anybody can' "$(as_nobody cat "$P/seen/${socket##*/}" "$P/seen/$(control_name "$P/lib").json" 2>/dev/null |
	grep -c '"generation": 1')" 1
exits 1 'PermissionError' 'a stranger cannot connect' as_nobody "$python" -c "$greet" "$P/seen/${socket##*/}"
is 'and is not answered if he can' "$(setpriv --reuid=65534 --regid=65534 --clear-groups \
	--inh-caps=+dac_override --ambient-caps=+dac_override \
	"$python" -c "$greet" "$P/seen/${socket##*/}" 2>&1 | grep -c '"generation"')" 0
is 'root is' "$("$python" -c "$greet" "$P/seen/${socket##*/}" | grep -c '"generation":1')" 1

# --- everything, rightly and wrongly ---

timeout 50 "$python" "$tests_dir/fuse/varlink.py" "$socket" "$P/lib" "$checks" >"$T/said" 2>"$T/said.err"
cat "$T/said"
failures=$((failures + $(grep -c '^not ok' "$T/said")))
checks=$((checks + $(grep -c '^\(not \)\?ok' "$T/said")))
is 'the caller came to its end' "$(cat "$T/said.err")" "$checks"
ok 'and all three end' eventually 10 family_is_gone
is 'nothing is mounted' "$(mount_type "$P/lib")" ''
ok 'no socket is left' test ! -e "$socket"
umount "$P/seen"

# --- by systemd's own tool ---

if command -v varlinkctl >/dev/null; then
	mount_mendfs "$P/lib"
	is 'varlinkctl info' "$(varlinkctl info "$socket" | grep -c 'io.mendfs.Control')" 1
	is 'varlinkctl introspect' "$(varlinkctl introspect "$socket" io.mendfs.Control | grep -c '^method')" 9
	is 'varlinkctl call' "$(varlinkctl call -j "$socket" io.mendfs.Control.Status '{}' | grep -c '"generation":1')" 1
fi
