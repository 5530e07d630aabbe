#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes the golden bundle of this directory anew: tests/golden/bundle/regenerate.sh MEND-PUBLISH
# The key is a test's: it is worth nothing.
set -eu
publish=$(realpath "$1")
cd "${0%/*}"
chmod 600 key
"$publish" build -s key -o golden.bundle --force --id list --release 2 --title 'Mend the list — “all” of it' \
	--description $'What was wrong.\nWhat is right.' --severity medium --cve CVE-2026-0001 --arch any \
	--os debian:12 --root /usr/share --issued 2026-11-22 --expires 2036-11-22 --base-dir base --delta \
	--replace list=new --mode list=0644 --symlink more/list=../list --package list=lists=1.0 \
	--fixed-in list=lists=1.1 --requires zlib --restart ssh.service
"$publish" inspect --json golden.bundle >golden.json
