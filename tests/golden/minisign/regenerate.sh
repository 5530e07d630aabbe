#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the golden files of this directory anew with minisign itself. The secret keys are thrown
# away: tests/unit/test_minisign.c only reads what is here.
set -eu
cd "${0%/*}"
secret=$(mktemp -d)
trap 'rm -rf "$secret"' EXIT
umask 022

printf 'What was signed.\nTwo lines of it.\n' >message
for name in acme other; do
	minisign -G -f -W -s "$secret/$name.key" -p "$name.pub" >/dev/null
done
minisign -S -H -s "$secret/acme.key" -m message -x message.minisig
minisign -S -H -s "$secret/acme.key" -m message -x comment.minisig -t 'release é of acme' -c 'hello'
minisign -S -H -s "$secret/other.key" -m message -x other.minisig
minisign -S -l -s "$secret/acme.key" -m message -x old-form.minisig
: >"$secret/empty"
minisign -S -H -s "$secret/acme.key" -m "$secret/empty" -x empty.minisig -t 'nothing'
for file in message comment empty; do
	signed=message
	[ "$file" != empty ] || signed=$secret/empty
	minisign -V -q -m "$signed" -x "$file.minisig" -p acme.pub
done
