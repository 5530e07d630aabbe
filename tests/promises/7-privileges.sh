#!/bin/bash
# SPDX-License-Identifier: MIT
# Promise 7: no unprivileged user can change what is served, and the daemon has no network.
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"

# All of it where a stranger can get to.
mkdir -p "$P"/{lib,store,config/keys.d,run}
chmod 755 "$P"/*
export MENDFS_STORE=$P/store MENDFS_CONFIG=$P/config MENDFS_RUN=$P/run
echo old >"$P/lib/f"
echo new >"$T/new"
bundle a a 1 "$P/lib" --replace f="$T/new" --add g="$T/new"
cp "$T/a.mend" "$P/a.mend"
cp "$bin/mendctl" "$bin/mendfs" "$P/"
chmod 755 "$P/mendctl" "$P/mendfs"
mount_mendfs "$P/lib"
install a
control=$P/run/mnt-lib

stranger() { # CODE TEXT "text" CMD…
	exits "$1" "$2" "$3" as_nobody timeout 20 "${@:4}"
}
is 'nothing of it can be written by anybody else' \
	"$(find "$P/store" "$P/config" "$P/run" ! -type l ! -type s -perm /022)" ''
is 'or belongs to anybody else' "$(find "$P/store" "$P/config" "$P/run" ! -uid 0)" ''
is 'no object can be written by anybody at all' "$(find "$P/store/objects" -type f -perm /222)" ''
ok 'a stranger may read the status file' as_nobody cat "$control.json"
is 'and ask mendctl for it' "$(as_nobody timeout 20 "$P/mendctl" status | grep -c 'a (a) *active')" 1
is 'and what is installed' "$(as_nobody timeout 20 "$P/mendctl" list | grep -c 'a (a) *active')" 1
stranger 1 'PermissionError' 'may not call the socket' "$python" -c 'import socket, sys
socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$control.varlink"
for verb in "install $P/a.mend" 'activate a' 'deactivate a' revert 'remove a' rollback gc 'keys remove us'; do
	# shellcheck disable=SC2086 # words on purpose
	stranger 3 '' "may not: mendctl $verb" "$P/mendctl" $verb
done
stranger 1 'Permission denied' 'may not write a patched file' tee "$P/lib/f"
stranger 1 'Permission denied' 'may not add to the directory' touch "$P/lib/h"
stranger 1 'Permission denied' 'may not add an object' touch "$P/store/objects/x"
stranger 1 'Permission denied' 'may not add a key' touch "$P/config/keys.d/x.pub"
stranger 1 'Permission denied' 'may not replace the status' touch "$P/run/x"
stranger 32 '' 'may not unmount' umount "$P/lib"
eventually 10 family_is_whole
for pid in "$supervisor" "$worker" "$standby"; do
	stranger 1 'not permitted' "may not kill $(cat "/proc/$pid/comm")" bash -c "kill -KILL $pid"
done
stranger 3 '' 'may not mount' "$P/mendfs" "$P/lib"
is 'all of that has changed nothing' "$(cat "$P/lib/f" "$P/lib/g" | tr '\n' ' ')" 'new new '
is 'the patch is active' "$(mendctl status | grep -c 'a (a) *active')" 1

# --- what the worker itself may not ---

is 'the worker can get no new privileges' "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$worker/status")" 1
is 'its system calls are filtered' "$(awk '/^Seccomp:/ { print $2 }' "/proc/$worker/status")" 2
is 'it has no socket but its own' "$(find "/proc/$worker/fd" -lname 'socket:*' | wc -l)" 1
is 'and none on a network' "$(awk 'NR > 1 { print $10 }' "/proc/$worker/net/"{tcp,udp} 2>/dev/null |
	while read -r inode; do find "/proc/$worker/fd" -lname "socket:\\[$inode\\]"; done)" ''
is 'the standby is as bound as the worker' \
	"$(awk '/^(NoNewPrivs|Seccomp):/ { print $2 }' "/proc/$standby/status" | tr '\n' ' ')" '1 2 '
