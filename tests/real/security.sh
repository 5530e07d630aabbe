#!/bin/bash
# SPDX-License-Identifier: MIT
# What the security suite of Debian's archive has newer than this machine becomes patches, with one
# command: of libexpat1, which is made to be an older one here, and of OpenSSL where it is older.
# limit: 180
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"
need_command dpkg-deb
need_command apt-get
need_archive
. "${0%/*}/../archive.sh"

# shellcheck disable=SC2119 # no more suites
own_apt
age_libexpat
mkdir "$T/out"

# --- one command ---

publisher us
security() {
	timeout 100 "$bin/mend-publish" build --apt-security --release 1 --only expat --only openssl "$@"
}
ok 'a dry run' security --dry-run
cp "$T/.out" "$T/plan"
explain "$T/plan"
ok 'shows the new version' \
	grep -Eq "^replace .*libexpat\.so\.1.* libexpat1 ${old//+/.} +libexpat1 ${new//+/.}, " "$T/plan"
ok 'names what is fixed' grep -Eq '^fixes CVE-[0-9]+-[0-9]+' "$T/plan"
: >"$T/out/expat.mend"
exits 1 'not made: expat' 'a bundle that is there is refused' security -s "$T/us.key" -o "$T/out"
others=$(grep -c '^CHANGE' "$T/plan")
is 'the others are made' "$(find "$T/out" -name '*.mend' -size +1k | wc -l)" $((others - 1))
ok 'with --force it is replaced' security -s "$T/us.key" -o "$T/out" --force
for bundle in "$T/out"/*.mend; do
	ok "${bundle##*/} is good" "$bin/mend-publish" verify "$bundle" -p "$T/us.pub"
done
"$bin/mend-publish" inspect "$T/out/expat.mend" --json >"$T/shown"
is 'it is for the package that is installed' "$("$python" -c 'import json, sys
m = json.load(open(sys.argv[1]))["manifest"]
print({(b["package"], b["version"]) for t in m["targets"] for b in t["base"]})' "$T/shown")" "{('libexpat1', '$old')}"
is 'nothing is left' "$(find "$TMPDIR" -mindepth 1 | head)" ''
