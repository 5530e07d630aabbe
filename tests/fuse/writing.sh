#!/bin/bash
# SPDX-License-Identifier: MIT
# limit: 120
# not sanitized
# Every system call that writes does through the mount what it does on the bare directory: result, errno, what stat(2)
# tells afterwards. The cases are in writing.py. Where Linux's FUSE itself cannot do the same, mendfs(8) says so, and
# the last checks here show it.
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"

mkdir "$P"/{bare,base,mounted}
mount_mendfs "$P/mounted" --base "$P/base" --as /usr/lib
"$python" "$tests_dir/fuse/writing.py" "$P/bare" "$P/mounted" "$P/base" >"$T/cases" 2>&1
while IFS= read -r line; do
	case $line in
	'ok '*) pass "${line#* - }" ;;
	'not ok '*) fail "${line#* - }" ;;
	*) explain <<<"$line" ;;
	esac
done <"$T/cases"
ok 'there were cases' grep -q ^ok "$T/cases"
ok 'all of it is in the base' "$python" "$tests_dir/fuse/differential.py" trees "$P/bare" "$P/base"

# --- what cannot be the same ---

echo content >"$P/mounted/file"
exits 1 'not supported' 'no collapsing of a file' fallocate --collapse-range -o 0 -l 4096 "$P/mounted/file"
exits 1 'cross-device' 'no links to or from elsewhere on the same file system' \
	"$python" -c 'import os, sys; os.link(*sys.argv[1:])' "$P/mounted/file" "$P/bare/linked"
unmount_mendfs "$P/mounted"
