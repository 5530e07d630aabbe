#!/bin/bash
# SPDX-License-Identifier: MIT
# limit: 14400
# Random operations as in fuse/differential, many more: COUNT of them with each of SEEDS seeds from SEED on. One
# that differs is repeated by its seed.
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"

first=${SEED:-$(date +%s)}
for ((seed = first; seed < first + ${SEEDS:-20}; seed++)); do
	mkdir "$P/$seed"{,/bare,/base,/mounted}
	mount_mendfs "$P/$seed/mounted" --base "$P/$seed/base" --as /usr/lib
	ok "seed $seed: ${COUNT:-50000} operations give the same" \
		"$python" "$tests_dir/fuse/differential.py" "$P/$seed"/{bare,mounted,base} "$seed" "${COUNT:-50000}"
	unmount_mendfs "$P/$seed/mounted"
	rm -rf "${P:?}/$seed"
done
