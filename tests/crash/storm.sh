#!/bin/bash
# SPDX-License-Identifier: MIT
# limit: 240
# not sanitized
# The processes of a mount are killed under a load, one role after another and all together: nothing
# that the load does fails, is done twice, is lost or hangs. MENDFS_KILLS sets how many kills a part gets.
. "${0%/*}/../lib.sh"
need_mount

kills=${MENDFS_KILLS:-30}
mkdir "$T/m"
cp -a "${tests_dir%/*}/src" "$T/m/tree"
cp /bin/true "$T/m/prog"
mount_mendfs "$T/m"
status=("$T"/run/*.json)

storm() {
	ok "$1: $2 kills, nothing fails" python3 "$tests_dir/crash/storm.py" "$T/m" "${status[0]}" "$2" "$3" "${4:-KILL}"
	explain "$T/.out"
}

storm "the worker" "$kills" worker
storm "the standby" "$kills" standby
storm "the supervisor" "$kills" supervisor
storm "any of them" "$kills" worker,standby,supervisor
is "the writers left nothing behind" "$(ls "$T/m/work")" ""
ok "it can still be unmounted" umount "$T/m"
