#!/bin/bash
# SPDX-License-Identifier: MIT
# limit: 120
# not sanitized
# Thousands of random operations give the same on the bare directory and through the mount. SEED and COUNT in
# the environment choose which and how many; several SEEDs are tried one after the other.
. "${0%/*}/../lib.sh"
need_mount
need_command python3

# compare SEED COUNT: on two new directories of one file system.
compare() {
	local dir=$T/$1
	mkdir -p "$dir"/{bare,base,mounted}
	mount_mendfs "$dir/mounted" --base "$dir/base" --as /usr/lib
	if ok "seed $1: $2 operations give the same" \
		python3 "$tests_dir/fuse/differential.py" "$dir"/{bare,mounted,base} "$1" "$2"; then
		sed 's/^/# /' "$T/.out"
	fi
	unmount_mendfs "$dir/mounted"
}

chmod 755 "$T"
for seed in ${SEED:-1 2 3}; do
	compare "$seed" "${COUNT:-5000}"
done
