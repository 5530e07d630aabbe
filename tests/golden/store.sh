#!/bin/bash
# SPDX-License-Identifier: MIT
# The store's format, from outside: what mendctl writes today is what mendfs-store(5) says, as common
# tools see it; and a store that was written by version 1 of the format stays readable. That one is
# tests/golden/store, made by tests/golden/store/regenerate.sh.
. "${0%/*}/../lib.sh"

golden=$tests_dir/golden/store

need_command b2sum
need_command minisign
need_command jq

# --- what is written today ---

mkdir -p "$T/base" "$T/new"
echo old >"$T/base/lib.so"
publisher acme
trust acme
for release in 1 2; do
	echo "fix $release" >"$T/new/lib.so"
	ok "release $release is built" "$bin/mend-publish" build -s "$T/acme.key" \
		-o "$T/openssl-$release.mend" --id openssl --release $release --root /usr/lib \
		--base-dir "$T/base" --replace "lib.so=$T/new/lib.so" --title "A fix" \
		--issued 2026-11-22T00:00:00Z
	ok "release $release is installed" "$bin/mendctl" install --base "$T/base" \
		"$T/openssl-$release.mend"
done

cd "$MENDFS_STORE" || exit 1
for object in objects/??/*; do
	[[ $object != *.xxh3 ]] || continue
	name=${object#objects/}
	is "b2sum: $object" "$(b2sum -l 256 "$object" | cut -d ' ' -f 1)" "${name/\//}"
	is "mode of $object" "$(stat -c %a "$object")" 444
done
for dir in patches/openssl/*; do
	ok "minisign: $dir" minisign -V -p "$T/acme.pub" -m "$dir/manifest.json" \
		-x "$dir"/signatures/*.minisig
done
is "current is a symlink to the generation" "$(readlink current)" generations/2

# Byte by byte, but for the time.
without_time() {
	sed -E 's/[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}Z/2026-11-27T01:02:03Z/g' "$1"
}
is "a generation is as it was" "$(without_time generations/2)" "$(<"$golden/store/generations/2")"
is "the floor is as it was" "$(without_time floor)" "$(<"$golden/store/floor")"
is "a first line of history is as it was" "$(without_time history.jsonl | head -n 1)" \
	"$(head -n 1 "$golden/store/history.jsonl")"

previous=$(printf '0%.0s' {1..64}) broken=''
while IFS= read -r line; do
	[[ $(jq -r .previous <<<"$line") == "$previous" ]] || broken=$line
	previous=$(printf '%s' "$line" | b2sum -l 256 | cut -d ' ' -f 1)
done <history.jsonl
is "b2sum: the chain of the history" "$broken" ''

# --- what was written by version 1 ---

rm -rf "$MENDFS_STORE" "$MENDFS_CONFIG"
cp -a "$golden/store" "$MENDFS_STORE"
cp -a "$golden/config" "$MENDFS_CONFIG"
# Nobody but the owner may write a trusted key, and a checkout's modes are the checkout's.
chmod -R go-w "$MENDFS_CONFIG"
ok "the old store is whole" "$bin/mendctl" verify
ok "the old store is whole, by its scrub sums" "$bin/mendctl" verify --quick
is "the old store's live release" \
	"$("$bin/mendctl" list --json | jq -r '[.. | .id? // empty] | unique | join(" ")')" openssl
is "the old store's history" "$("$bin/mendctl" history --json | jq '[.. | .event? // empty] | length')" 2
ok "the old store is written on" "$bin/mendctl" revert
ok "and is whole still" "$bin/mendctl" verify
