#!/bin/bash
# SPDX-License-Identifier: MIT
# mendctl gc and verify: the store holds what it should, no more, and undamaged.
. "${0%/*}/../lib.sh"

mendctl=$bin/mendctl
mkdir "$T/base"
echo old >"$T/base/f"
publisher us
trust us
for n in 1 2 3; do
	head -c $((n * 1000)) /dev/zero >"$T/new"
	"$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/fix-$n.mend" --id fix --release $n \
		--root "$T/base" --replace f="$T/new" || bail 'builds bundles'
	ok "install $n" "$mendctl" install --quiet "$T/fix-$n.mend"
done
releases() {
	"$mendctl" list | awk 'NR > 1 { print $2 }' | paste -sd ' '
}

# --- gc ---

is 'a dry run tells' "$("$mendctl" gc --keep 1 --dry-run | sed 's/: [^:]*$//')" \
	'would be deleted: 1 generations, 1 releases, 1 objects, 0 temporary files'
is 'and deletes nothing' "$(releases)" '(a) (b) (c)'
is 'five generations are kept by themselves' "$("$mendctl" gc | sed 's/: [^:]*$//')" \
	'deleted: 0 generations, 0 releases, 0 objects, 0 temporary files'
is 'one to go back to' "$("$mendctl" gc --keep 1 | sed 's/: [^:]*$//')" \
	'deleted: 1 generations, 1 releases, 1 objects, 0 temporary files'
is 'the others stay' "$(releases)" '(b) (c)'
ok 'and can be gone back to' "$mendctl" rollback
ok 'and forth' "$mendctl" rollback 3
touch "$T/store/generations/.tmp-left" "$T/store/.tmp-left"
is 'what was left over goes' "$("$mendctl" gc --keep 0 --json | python3 -c '
import json, sys
doc = json.load(sys.stdin)
print(doc["format"], doc["dry_run"], doc["generations"], doc["releases"], doc["objects"],
      doc["temporaries"], doc["bytes"] > 0)')" '1 False 1 1 1 2 True'
is 'what is live stays' "$(releases)" '(c)'
exits 1 'generation 2' 'the way back is gone' "$mendctl" rollback
ok 'an empty store is clean' "$mendctl" gc --store "$T/empty"

# --- verify ---

is 'all is well' "$("$mendctl" verify)" 'all is well: 3000 bytes checked'
is 'quick' "$("$mendctl" verify --quick)" 'all is well: 3000 bytes checked'
is 'nothing to verify' "$("$mendctl" verify --store "$T/nowhere")" 'all is well: 0 bytes checked'
ok 'which makes no store' test ! -e "$T/nowhere"
object=$(find "$T/store/objects" -type f ! -name '*.xxh3')
chmod u+w "$object"
printf x | dd of="$object" bs=1 seek=1500 conv=notrunc status=none
chmod u-w "$object"
for how in '' --quick; do
	exits 1 'mendctl: 1 problem in the store' "a rotten object is found $how" "$mendctl" verify $how
done
is 'and told what to do' "$("$mendctl" verify 2>/dev/null | grep -c 'install.* again')" 1
is 'as JSON' "$("$mendctl" verify --json 2>/dev/null | python3 -c '
import json, sys
doc = json.load(sys.stdin)
print(doc["format"], doc["quick"], len(doc["problems"]), sorted(doc["problems"][0]))')" \
	"1 False 1 ['mend', 'what']"
ok 'installing the bundle again mends it' "$mendctl" install "$T/fix-3.mend"
is 'indeed' "$("$mendctl" verify)" 'all is well: 3000 bytes checked'
