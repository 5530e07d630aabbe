#!/bin/bash
# SPDX-License-Identifier: MIT
# The story that `make demo` tells is true.
# limit: 120
# not sanitized
. "${0%/*}/../lib.sh"
need_mount

[[ -x $B/examples/greet && -x $bin/mendfs && -x $bin/mendctl && -x $bin/mend-publish ]] ||
	skip 'the programs are not built'
unset MENDFS_STORE MENDFS_CONFIG MENDFS_RUN
export MENDFS_BUILD=$B
ok "the demo runs to its end" bash "${0%/*}/../../examples/demo.sh"
