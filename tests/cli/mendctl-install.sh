#!/bin/bash
# SPDX-License-Identifier: MIT
# mendctl from the first key to removal, on a machine where nothing is mounted.
. "${0%/*}/../lib.sh"

mendctl=$bin/mendctl
mkdir "$T/base"
echo old >"$T/base/f"
echo old >"$T/base/g"
echo new >"$T/new"
publisher us
trust us

bundle() { # OUT ID RELEASE ARGS…
	"$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/$1.mend" --id "$2" --release "$3" \
		--root "$T/base" "${@:4}" || bail "builds $1.mend"
}
bundle fix-a fix 1 --replace f="$T/new" --restart one.service --title 'A fix' --severity high
echo newer >"$T/new"
bundle fix-b fix 2 --replace f="$T/new" --restart one.service
bundle other-a other 1 --replace g="$T/new"

says() { # TEXT "text" CMD…: the command's standard output is exactly this
	is "$2" "$("${@:3}" 2>&1)" "$1"
}
later() { # TITLE
	echo "$1: installed; no mount serves $T/base now, it takes effect at the next one"
}

says 'nothing is installed' 'list of an empty store' "$mendctl" list
says 'generation 0: nothing was activated yet
no mount is running' 'status of an empty store' "$mendctl" status
says 'no mount is running' 'no mounts' "$mendctl" mounts
says 'nothing was done yet' 'no history' "$mendctl" history
says 'nothing is active' 'revert of nothing' "$mendctl" revert

# --- install ---

rm -rf "$T/store"
says 'fix (a): would be active' 'a dry run says what would be' "$mendctl" install --dry-run "$T/fix-a.mend"
ok 'and makes no store' test ! -e "$T/store"
says "$(later 'fix (a)')" 'install' "$mendctl" install "$T/fix-a.mend"
says 'fix (a): is active already' 'install again' "$mendctl" install "$T/fix-a.mend"
is 'no second generation for it' "$(ls "$T/store/generations")" 1
says 'PATCH    STATE   SEVERITY  ISSUED      TITLE
fix (a)  active  high      2026-01-02  A fix' 'list' \
	bash -c "'$mendctl' list | sed -E 's/20[0-9]{2}-[0-9]{2}-[0-9]{2}/2026-01-02/'"
says "$(later 'fix (b)')" 'a newer release takes its place' "$mendctl" install "$T/fix-b.mend"
is 'only the newer one is active' "$("$mendctl" list | awk '{ print $1, $2, $3 }')" 'PATCH STATE SEVERITY
fix (a) installed
fix (b) active'
says 'other (a): installed, not active' 'store only' "$mendctl" install --no-activate "$T/other-a.mend"
is 'and it is not active' "$("$mendctl" list | grep -c 'other (a)  installed')" 1
says "$(later 'other (a)')" 'activate' "$mendctl" activate other
says 'other (a): is active already' 'activate again' "$mendctl" activate other=a
ok 'the base is as it was' test "$(cat "$T/base/f" "$T/base/g")" = 'old
old'

"$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/later.mend" --id later --release 1 \
	--root "$T/later" --base-dir "$T/base" --replace f="$T/new" || bail 'builds later.mend'
says 'later (a): installed, not active' 'store only, for a root that is not there yet' \
	"$mendctl" install --no-activate "$T/later.mend"
exits 3 "later (a): $T/later: cannot open" 'activate needs it' "$mendctl" activate later
ok 'away with it' "$mendctl" remove later

# --- how releases are named ---

for name in fix=b fix=2 fix@b fix@2 fix; do
	is "show $name" "$("$mendctl" show $name | head -n 1)" 'fix (b): fix'
done
is 'show one that is not active' "$("$mendctl" show fix=a | head -n 1)" 'fix (a): A fix'
exits 2 'FIX: no patch is called so' 'no such name' "$mendctl" show FIX
exits 2 'fix=B: "B" is neither a release' 'no such label' "$mendctl" show fix=B
exits 1 'fix (c): not installed' 'no such release' "$mendctl" show fix=c
exits 1 'nix: not installed' 'no such patch' "$mendctl" show nix

# --- back and away ---

says 'fix (b): no longer active' 'deactivate' "$mendctl" deactivate fix
exits 1 'fix: not active' 'deactivate again' "$mendctl" deactivate fix
exits 1 'other=b: not active' 'deactivate another release' "$mendctl" deactivate other=b
says 'generation 3: live: fix (b), other (a)' 'rollback' "$mendctl" rollback
says 'generation 2: live: fix (b)' 'rollback once more' "$mendctl" rollback
says 'generation 3: live: fix (b), other (a)' 'rollback to a number' "$mendctl" rollback 3
exits 1 'generation 3: is live already' 'rollback to where we are' "$mendctl" rollback 3
exits 1 'generation 99 is not in the store' 'rollback to nowhere' "$mendctl" rollback 99
exits 2 'generation: "x" is not a number' 'rollback to no number' "$mendctl" rollback x
says 'generation 0: live: nothing active' 'rollback to the very start' "$mendctl" rollback 0
ok 'activate both' "$mendctl" activate fix other --quiet
says 'nothing is active' 'revert' "$mendctl" revert
is 'all is still installed' "$("$mendctl" list | grep -c installed)" 3
says "$(later 'fix (b)')" 'activate takes the newest' "$mendctl" activate fix
says 'fix (b): no longer active
fix (b): removed
fix (a): removed' 'remove takes all releases' "$mendctl" remove fix
says 'other (a): removed' 'remove what is not active' "$mendctl" remove other=a
exits 1 'other: not installed' 'remove again' "$mendctl" remove other
says 'nothing is installed' 'nothing is left' "$mendctl" list
exits 1 'generation 2: fix (b) of it is not to be had any more' 'no rollback to what is gone' \
	"$mendctl" rollback 2

# --- several at once ---

says "$(later 'fix (b)')
$(later 'other (a)')" 'two bundles' "$mendctl" install "$T/fix-b.mend" "$T/other-a.mend"
is 'are one generation' "$("$mendctl" history | tail -n 1 | awk '{ $1 = $2 = ""; print }')" \
	'  install fix (b), other (a)'
bundle fix-c fix 3 --replace f="$T/new"
exits 1 'fix (c): refused: together with fix (b): one release of a patch at a time' \
	'two releases of one patch' "$mendctl" install "$T/fix-b.mend" "$T/fix-c.mend"
is 'and none of them is stored' "$("$mendctl" list | grep -c 'fix (c)')" 0

# --- a store that is damaged ---

ok 'make generation 1 the live one' "$mendctl" revert
number=$("$mendctl" status --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["generation"])')
echo damage >"$T/store/generations/$number"
exits 1 "generations/$number: line 1: not JSON" 'status says so' "$mendctl" status
exits 1 "generations/$number: line 1: not JSON" 'list says so' "$mendctl" list
exits 1 "generations/$number: line 1: not JSON" 'and nothing is installed' "$mendctl" install "$T/fix-b.mend"
says "mendctl: generations/$number: line 1: not JSON: invalid token near 'damage'
nothing is active" 'revert goes through' "$mendctl" revert
ok 'and all is well again' "$mendctl" status
ln -sfn nowhere "$T/store/current"
exits 1 'current: leads to nowhere' 'a link to nowhere' "$mendctl" status
ok 'revert mends that, too' "$mendctl" revert
ok 'so that one can go on' "$mendctl" install "$T/fix-b.mend"

# --- the command line ---

"$mendctl" --help >"$T/help"
ok 'help fits a screen' awk 'length > 80 { exit 1 } END { exit NR < 24 || NR > 40 }' "$T/help"
ok 'help of a verb' "$mendctl" install --help
exits 2 'no verb' 'no verb' "$mendctl"
exits 2 'frob: no such verb' 'no such verb' "$mendctl" frob
exits 2 'keys: list, add or remove' 'keys and nothing' "$mendctl" keys
exits 2 '--frob: no such option' 'no such option' "$mendctl" list --frob
exits 2 '-x: no such option' 'no such letter' "$mendctl" list -x
exits 2 'list: takes no --keep' "another verb's option" "$mendctl" list --keep 3
exits 2 '--keep: its value is missing' 'no value' "$mendctl" gc --keep
exits 2 '--keep: "x" is not a number' 'no number' "$mendctl" gc --keep x
exits 2 '--store: an empty value' 'an empty directory name' "$mendctl" list --store ''
exits 2 'install: BUNDLE... is missing' 'too few arguments' "$mendctl" install
exits 2 'list: "x" is one argument too many' 'too many arguments' "$mendctl" list x
is 'quiet is quiet' "$("$mendctl" install --quiet "$T/fix-c.mend")" ''
is 'version' "$("$mendctl" --version)" "$("$bin/mend-publish" --version | sed s/mend-publish/mendctl/)"
ok 'a full disk is not success' bash -c "! '$mendctl' list >/dev/full 2>/dev/null"
