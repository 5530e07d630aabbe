#!/bin/bash
# SPDX-License-Identifier: MIT
# limit: 7200
# Others' loads on the mount: fio writes, reads back and verifies in several ways; stress-ng works on
# files and directories and verifies. SECONDS_EACH says for how long each of them does.
. "${0%/*}/../lib.sh"
need_mount
need_command fio
need_command stress-ng

seconds=${SECONDS_EACH:-60}
mkdir "$T/m"
cd "$T" || exit # fio leaves its notes where it is
mount_mendfs "$T/m"
for load in randwrite rw; do
	for engine in psync mmap libaio; do
		direct=0
		[[ $engine != libaio ]] || direct=1
		ok "fio: $load by $engine" fio --name="$load-$engine" --directory="$T/m" --rw="$load" \
			--ioengine="$engine" --direct=$direct --bs=4k --size=64m --numjobs=2 --verify=xxhash \
			--verify_fatal=1 --time_based --runtime="$((seconds / 6 + 1))" --group_reporting --end_fsync=1
		rm -f "$T"/m/*
	done
done
for stressor in dentry dir dirdeep fallocate filename fstat hdd link lockf mmap open rename seek symlink \
	sync-file touch utime xattr; do
	ok "stress-ng: $stressor" timeout $((seconds + 60)) stress-ng --$stressor 2 --verify --temp-path "$T/m" \
		--timeout "$((seconds / 6 + 1))" --hdd-bytes 64m --fallocate-bytes 64m
done
is 'nothing is left' "$(find "$T/m" -mindepth 1 | head -n 5)" ''
ok 'it ends' unmount_mendfs "$T/m"
