#!/bin/bash
# SPDX-License-Identifier: MIT
# limit: 240
# not sanitized
# Another mendfs goes on with the mount, again and again under a load: nothing that the load does fails.
. "${0%/*}/../lib.sh"
need_mount

mkdir "$T/m"
cp -a "${tests_dir%/*}/src" "$T/m/tree"
cp /bin/true "$T/m/prog"
cp "$bin/mendfs" "$T/newer"
mount_mendfs "$T/m"
status=("$T"/run/*.json)

exits 3 "no such mount" "there has to be a mount to take over" "$bin/mendfs" --take-over "$T"
export MENDFS="$T/newer"
ok "20 take-overs, nothing fails" \
	python3 "$tests_dir/crash/storm.py" "$T/m" "${status[0]}" 20 upgrade
explain "$T/.out"

worker() {
	python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["pid"])' "${status[0]}"
}
is "the newer program serves" "$(readlink "/proc/$(worker)/exe")" "$T/newer"
ok "it answers mendctl" "$bin/mendctl" status
kill -KILL "$(worker)"
ok "and outlives its worker" cat "$T/m/tree/mendfs/main.c"
ok "it can be unmounted" umount "$T/m"
