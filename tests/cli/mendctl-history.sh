#!/bin/bash
# SPDX-License-Identifier: MIT
# mendctl history: every change is there, and nobody takes one out unseen.
. "${0%/*}/../lib.sh"

mendctl=$bin/mendctl
mkdir "$T/base"
echo old >"$T/base/f"
echo new >"$T/new"
publisher us
trust us
for n in 1 2; do
	"$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/fix-$n.mend" --id fix --release $n \
		--root "$T/base" --replace f="$T/new" || bail 'builds bundles'
done
told() {
	"$mendctl" history | awk 'NR > 1 { $1 = ""; print }'
}

{
	"$mendctl" install "$T/fix-1.mend" "$T/none.mend"
	"$mendctl" install --dry-run "$T/fix-1.mend"
} >/dev/null 2>&1
is 'what failed or was only tried is not there' "$("$mendctl" history)" 'nothing was done yet'
{
	"$mendctl" install --no-activate "$T/fix-1.mend"
	"$mendctl" activate fix
	"$mendctl" install "$T/fix-2.mend"
	"$mendctl" rollback
	"$mendctl" revert
	"$mendctl" activate fix
	"$mendctl" deactivate fix
	"$mendctl" remove fix
} >/dev/null 2>&1
is 'what was done is' "$(told)" ' 0 store fix (a)
 1 activate fix (a)
 2 install fix (b)
 1 rollback to generation 1
 3 revert
 4 activate fix (b)
 5 deactivate fix (b)
 5 remove fix (a), fix (b)'
is 'each line is JSON with the hash of the one before' "$(python3 - "$T/store/history.jsonl" <<'END'
import hashlib, json, sys
before, good = "0" * 64, 0
for line in open(sys.argv[1], "rb").read().split(b"\n")[:-1]:
    good += json.loads(line)["previous"] == before
    before = hashlib.blake2b(line, digest_size=32).hexdigest()
print(good)
END
)" 8
is 'as JSON' "$("$mendctl" history --json | python3 -c '
import json, sys
doc = json.load(sys.stdin)
print(doc["format"], [e["event"] for e in doc["events"]][:3], sorted(doc["events"][0]))')" \
	"1 ['store', 'activate', 'install'] ['detail', 'event', 'generation', 'previous', 'time']"

# Somebody takes the third line out.
sed -i 3d "$T/store/history.jsonl"
exits 1 'history' 'a line taken out is seen' "$mendctl" history
is 'what is before it is still told' "$(told 2>/dev/null | head -n 2)" ' 0 store fix (a)
 1 activate fix (a)'
is 'as JSON, only the error is' "$("$mendctl" history --json 2>/dev/null | python3 -c '
import json, sys
print(json.load(sys.stdin)["error"]["code"])')" hash
exits 1 'problem' 'verify sees it, too' "$mendctl" verify
