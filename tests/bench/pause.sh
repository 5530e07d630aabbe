#!/bin/bash
# SPDX-License-Identifier: MIT
# limit: 300
# not sanitized
# How long an open waits when the worker is killed. Nothing is asserted; the report is BUILD/bench/pause.txt.
. "${0%/*}/../lib.sh"
need_mount

mkdir -p "$B/bench" "$T/m"
echo x >"$T/m/f"
ok 'the benchmark is built' cc -O2 -o "$T/pause" "$tests_dir/bench/pause.c" || exit 1
mount_mendfs "$T/m"
ok 'pauses are measured' "$T/pause" "$T/m/f" "$T"/run/*.json "${MENDFS_KILLS:-50}"
cp "$T/.out" "$B/bench/pause.txt"
explain "$B/bench/pause.txt"
