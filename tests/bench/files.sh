#!/bin/bash
# SPDX-License-Identifier: MIT
# limit: 600
# not sanitized
# What a mount costs, beside the bare directory and its peers (kernel overlayfs, bindfs and
# fuse-overlayfs where installed), in one run. Only ratios are worth something, and nothing is
# asserted. The report is BUILD/bench/files.txt, the plot files.svg beside it.
. "${0%/*}/../lib.sh"
need_mount

out=$B/bench
mkdir -p "$out" "$T"/{base,mendfs,overlay,upper,bindfs,fuse-overlayfs}
for i in {0..99}; do
	head -c 65536 /dev/urandom >"$T/base/f$i"
done
ok 'the benchmark is built' cc -O2 -o "$T/files" "$tests_dir/bench/files.c" -ldl || exit 1
echo 'int answer(void) { return 42; }' | cc -shared -fPIC -x c - -o "$T/base/lib.so"
echo 'int main(void) { return 0; }' | cc -static -x c - -o "$T/base/prog"

kinds=(base)
mount_mendfs "$T/mendfs" --base "$T/base" --as /usr/lib
kinds+=(mendfs)
if mount -t overlay overlay -o "lowerdir=$T/base:$T/upper" "$T/overlay" 2>/dev/null; then
	kinds+=(overlay)
fi
for peer in bindfs fuse-overlayfs; do
	command -v "$peer" >/dev/null || continue
	case $peer in
	bindfs) spawn bindfs -f "$T/base" "$T/bindfs" ;;
	fuse-overlayfs) spawn fuse-overlayfs -f -o "lowerdir=$T/base" "$T/fuse-overlayfs" ;;
	esac
	eventually 5 mountpoint -q "$T/$peer" && kinds+=("$peer")
done
for kind in "${kinds[@]}"; do
	ok "$kind is measured" "$T/files" "$T/$kind"
	cp "$T/.out" "$T/$kind.times"
done
for kind in "${kinds[@]}"; do
	printf '%s %s\n' "$kind" "$T/$kind.times"
done >"$T/list"
ok 'the report is written' python3 "$tests_dir/bench/report.py" "$T/list" "$out/files"
explain "$out/files.txt"
