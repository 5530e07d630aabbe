#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes the golden store anew, with today's programs: regenerate.sh BUILD. Only for a new version of
# the format; this one has to stay readable. Times are set to one that tests can know.
set -eu
bin=$(realpath "$1")/bin
cd "${0%/*}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf store config
mkdir -p config/keys.d "$work/base" "$work/run"
echo old >"$work/base/lib.so"
"$bin/mend-publish" keygen -s "$work/acme.key" -p config/keys.d/acme.pub --no-password
# Line by line after each change: the history's chain is over the bytes.
at=2026-11-27T01:02:03Z
for release in 1 2; do
	echo "fix $release" >"$work/lib.so"
	"$bin/mend-publish" build -s "$work/acme.key" -o "$work/$release.mend" --id openssl \
		--release $release --root /usr/lib --base-dir "$work/base" \
		--replace "lib.so=$work/lib.so" --title "A fix" --issued 2026-11-22T00:00:00Z
	"$bin/mendctl" --store store --config config --run "$work/run" install \
		--base "$work/base" "$work/$release.mend"
	sed -i -E "s/[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}Z/$at/g" \
		"store/generations/$release" store/history.jsonl
done
rm -f store/lock
