#!/bin/bash
# SPDX-License-Identifier: MIT
# The golden bundle, made once, is read as ever; and what is built today of the same things is the same,
# but for how a newer zstd may compress it.
. "${0%/*}/../lib.sh"
golden=$(cd "${0%/*}/bundle" && pwd)

cp -r "$golden/." "$T/again"
ok "the golden bundle verifies, its delta too" "$bin/mend-publish" verify "$golden/golden.bundle" \
	-p "$golden/key.pub" --base-dir "$golden/base"
is "all of it was checked" "$("$bin/mend-publish" verify "$golden/golden.bundle" -p "$golden/key.pub" \
	--base-dir "$golden/base" | tail -n 1)" '  checked objects: 1 whole, 1 deltas'
ok "inspect --json shows what it did" cmp "$golden/golden.json" \
	<("$bin/mend-publish" inspect --json "$golden/golden.bundle")
rm "$T/again/golden.bundle"
ok "it can be made again" "$T/again/regenerate.sh" "$bin/mend-publish"
is "of the same members" "$(tar tf "$T/again/golden.bundle")" "$(tar tf "$golden/golden.bundle")"
# How zstd compresses is told in the manifest, and signed.
untold() { sed -E 's/,"members":\{[^}]*\}//'; }
ok "with the same manifest" cmp <(tar xOf "$golden/golden.bundle" manifest.json | untold) \
	<(tar xOf "$T/again/golden.bundle" manifest.json | untold)
if cmp -s <(tar xOf "$golden/golden.bundle" manifest.json) <(tar xOf "$T/again/golden.bundle" manifest.json); then
	ok "to the last byte, with the same zstd" cmp "$golden/golden.bundle" "$T/again/golden.bundle"
fi
if command -v minisign >/dev/null; then
	tar xf "$golden/golden.bundle" -C "$T"
	ok "minisign verifies it" minisign -Vqm "$T/manifest.json" -x "$T"/signatures/*.minisig -p "$golden/key.pub"
fi
