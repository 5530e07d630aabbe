#!/bin/bash
# SPDX-License-Identifier: MIT
# Every --json is one JSON object with "format": 1 and just the members that mendctl(8) documents.
. "${0%/*}/../lib.sh"
need_mount

mendctl=$bin/mendctl
root=$T/lib
mkdir "$root"
echo old >"$root/f"
echo new >"$T/new"
publisher us
for n in 1 2; do
	"$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/fix-$n.mend" --id fix --release $n \
		--root "$root" --replace f="$T/new" --restart a.service --severity low \
		--title 'A "fix"' --issued 2026-01-02T03:04:05Z || bail 'builds bundles'
done

# members "text" PATH WANT CMD…: the command's output is one object, format 1, and has these members
# at the path, a Python expression of `doc`.
members() {
	local got
	got=$("${@:4}" 2>/dev/null | tee "$T/json" | python3 -c '
import json, sys
doc = json.load(sys.stdin)
assert doc["format"] == 1
print(*sorted(eval(sys.argv[1])))' "$2" 2>&1)
	is "$1" "$got" "$3" || explain "$T/json"
}
value() { # "text" EXPRESSION WANT, of the last output
	is "$1" "$(python3 -c '
import json, sys
doc = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$T/json" "$2" 2>&1)" "$3"
}

members 'keys add' doc 'event format key name' "$mendctl" keys add "$T/us.pub" --json
members 'keys list' doc 'bad format keys' "$mendctl" keys list --json
members 'a key' 'doc["keys"][0]' 'key name paths threshold' "$mendctl" keys list --json
value 'everything is no paths' 'doc["keys"][0]["paths"]' None

change='dry_run event flipped format generation microseconds releases restart'
members 'install --dry-run' doc "$change" "$mendctl" install --dry-run --json "$T/fix-1.mend"
value 'says so' 'doc["dry_run"], doc["flipped"], doc["generation"]' '(True, False, 0)'
members 'install --no-activate' doc "$change" "$mendctl" install --no-activate --json "$T/fix-1.mend"
value 'it is installed' 'doc["releases"][0]["state"], doc["flipped"]' "('installed', False)"
members 'activate, without a mount' doc "$change" "$mendctl" activate --json fix
value 'no mount' 'doc["flipped"], doc["releases"][0]["mounts"]' '(True, [])'
mount_mendfs "$root"
members 'install' doc "$change" "$mendctl" install --json "$T/fix-2.mend"
value 'is told in full' 'doc["event"], doc["generation"], doc["microseconds"] > 0, doc["restart"]' \
	"('install', 2, True, ['a.service'])"
value 'with each release' 'doc["releases"]' \
	"[{'id': 'fix', 'release': 2, 'label': 'b', 'state': 'active', 'mounts': ['$root']}]"
members 'install again' doc "$change" "$mendctl" install --json "$T/fix-2.mend"
value 'flips nothing' 'doc["flipped"], doc["generation"]' '(False, 2)'

members 'list' doc 'format generation releases' "$mendctl" list --json
members 'a release' 'doc["releases"][1]' \
	'id issued label mounts reason release root severity state title' "$mendctl" list --json
value 'in full' 'doc["releases"][1]' "{'id': 'fix', 'release': 2, 'label': 'b', 'state': 'active', \
'reason': '', 'title': 'A \"fix\"', 'severity': 'low', 'issued': '2026-01-02T03:04:05Z', \
'root': '$root', 'mounts': [{'mount': '$root', 'state': 'active'}]}"
members 'show' doc 'cves format manifest mounts purls signers state' "$mendctl" show --json fix
value 'the manifest is the signed one' 'doc["manifest"]["release"], doc["signers"][0]["name"]' "(2, 'us')"
members 'status' doc 'format generation mounts reason releases switched_off' "$mendctl" status --json
members 'a mount of it' 'doc["mounts"][0]' 'name reason running status' "$mendctl" status --json
members "its status" 'doc["mounts"][0]["status"]' \
	'bad_keys format generation left_out mount pid read_only reason releases root since version' \
	"$mendctl" status --json
value 'of the right generation' 'doc["generation"], doc["mounts"][0]["status"]["generation"]' '(2, 2)'
is 'the status file says the same' "$(python3 -c '
import json, sys
print(json.load(open(sys.argv[1])) == json.load(open(sys.argv[2]))["mounts"][0]["status"])' \
	"$T/run/"*.json "$T/json")" True
members 'mounts' doc 'format mounts' "$mendctl" mounts --json
members 'one of them' 'doc["mounts"][0]' 'generation mount name pid reason root running' \
	"$mendctl" mounts --json
members 'history' doc 'events format' "$mendctl" history --json
members 'an event' 'doc["events"][0]' 'detail event generation previous time' \
	"$mendctl" history --json
members 'verify' doc 'bytes format problems quick' "$mendctl" verify --json
members 'gc' doc 'bytes dry_run format generations objects releases temporaries' "$mendctl" gc --json
members 'rollback' doc "$change" "$mendctl" rollback --json
value 'to the one before' 'doc["generation"], doc["releases"][0]["release"]' '(1, 1)'
members 'deactivate' doc "$change" "$mendctl" deactivate --json fix
members 'remove' doc "$change" "$mendctl" remove --json fix=b
value 'flips nothing that is not active' 'doc["flipped"], doc["releases"][0]["state"]' \
	"(False, 'removed')"
members 'revert' doc "$change" "$mendctl" revert --json
members 'keys remove' doc 'event format key name' "$mendctl" keys remove --json us
members 'an error' doc 'error format' "$mendctl" show --json none
value 'with its code' 'doc["error"]' "{'code': 'absent', 'text': 'none: not installed'}"
members 'a wrong usage' doc 'error format' "$mendctl" list --json x
exits 1 'mendctl: none: not installed' 'and a line for people' "$mendctl" show --json none
