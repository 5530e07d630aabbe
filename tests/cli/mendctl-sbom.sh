#!/bin/bash
# SPDX-License-Identifier: MIT
# mendctl sbom: a CycloneDX document of what is active, with what it fixes.
. "${0%/*}/../lib.sh"
need_mount

mendctl=$bin/mendctl
root=$T/lib
mkdir "$root"
echo old >"$root/f"
echo new >"$T/new"
publisher us
trust us
"$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/fix.mend" --id fix --release 2 --root "$root" \
	--replace f="$T/new" --arch any --os debian --cve CVE-2026-1234 --cve CVE-2026-99999 \
	--fixed-in 'f=libfix3=1:3.0+b1~deb12u1' --title Fix --issued 2026-01-02T03:04:05Z 2>"$T/.err" ||
	bail 'builds a bundle'

value() { # "text" EXPRESSION WANT, of what mendctl sbom prints now
	is "$1" "$("$mendctl" sbom | python3 -c '
import json, sys
doc = json.load(sys.stdin)
print(eval(sys.argv[1]))' "$2" 2>&1)" "$3"
}

value 'it is CycloneDX' 'doc["bomFormat"], doc["specVersion"]' "('CycloneDX', '1.5')"
value 'with nothing active it is empty' 'doc["components"], doc["vulnerabilities"]' '([], [])'
mount_mendfs "$root"
ok 'install' "$mendctl" install "$T/fix.mend"
value 'a component for the file' 'len(doc["components"]), doc["components"][0]["name"]' "(1, '$root/f')"
value 'its package' 'doc["components"][0]["purl"]' \
	'pkg:deb/debian/libfix3@1%3A3.0%2Bb1~deb12u1?arch=any'
is 'show tells the same' "$("$mendctl" show --json fix | python3 -c 'import json, sys
s = json.load(sys.stdin)
print(s["purls"], s["cves"])')" \
	"['pkg:deb/debian/libfix3@1%3A3.0%2Bb1~deb12u1?arch=any'] ['CVE-2026-1234', 'CVE-2026-99999']"
value 'its content' 'doc["components"][0]["hashes"]' \
	"[{'alg': 'BLAKE2b-256', 'content': '$(b2sum -l 256 "$T/new" | cut -d' ' -f1)'}]"
value 'its patch' '{p["name"]: p["value"] for p in doc["components"][0]["properties"]}["mendfs:patch"]' \
	'fix (b)'
value 'both CVEs are resolved' '[(v["id"], v["analysis"]["state"]) for v in doc["vulnerabilities"]]' \
	"[('CVE-2026-1234', 'resolved'), ('CVE-2026-99999', 'resolved')]"
value 'by this file' 'doc["vulnerabilities"][0]["affects"][0]["ref"] == doc["components"][0]["bom-ref"]' True
echo other >"$root/f"
eventually 5 bash -c "'$mendctl' status | grep -q drifted"
value 'a base that moved on is not' '{v["analysis"]["state"] for v in doc["vulnerabilities"]}' \
	"{'in_triage'}"
cp "$T/new" "$root/f"
eventually 5 bash -c "'$mendctl' status | grep -q superseded"
value 'one that has the fix itself is' 'doc["vulnerabilities"][0]["analysis"]' \
	"{'state': 'resolved', 'detail': 'the hot patch fix (b) is superseded'}"
ok 'umount' unmount_mendfs "$root"
value 'without a mount nothing is' '{v["analysis"]["state"] for v in doc["vulnerabilities"]}' \
	"{'in_triage'}"
ok 'revert' "$mendctl" revert
value 'and then nothing is told' 'doc["components"], doc["vulnerabilities"]' '([], [])'
