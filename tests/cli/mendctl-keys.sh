#!/bin/bash
# SPDX-License-Identifier: MIT
# mendctl keys: what is trusted, and what no longer is.
. "${0%/*}/../lib.sh"

mendctl=$bin/mendctl
keys=$MENDFS_CONFIG/keys.d
publisher us
publisher them
us=$(sed -n '1s/.* //p' "$T/us.pub")
them=$(sed -n '1s/.* //p' "$T/them.pub")
mkdir "$T/base"
echo old >"$T/base/f"
echo new >"$T/new"
"$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/fix.mend" --id fix --release 1 \
	--root "$T/base" --replace f="$T/new" || bail 'builds a bundle'

is 'nobody is trusted' "$("$mendctl" keys list)" 'no publisher is trusted: mendctl keys add FILE'
rm -r "$MENDFS_CONFIG"
is 'without a configuration, too' "$("$mendctl" keys list)" \
	'no publisher is trusted: mendctl keys add FILE'
is 'add' "$("$mendctl" keys add "$T/us.pub")" 'us: trusted'
ok 'the file is the publisher'"'s, to the byte" cmp "$T/us.pub" "$keys/us.pub"
is 'readable by all' "$(stat -c %a "$keys/us.pub")" 644
ok 'nothing narrows it' test ! -e "$keys/us.conf"
is 'list' "$("$mendctl" keys list)" "NAME  KEY               THRESHOLD  MAY PATCH
us    $us  1          everything"
is 'add a narrow one' "$("$mendctl" keys add "$T/them.pub" --name other --threshold 2 \
	--paths "$T/base/**, /usr/lib/*")" 'other: trusted'
is 'what narrows it' "$(cat "$keys/other.conf")" "paths = $T/base/**, /usr/lib/*
threshold = 2"
is 'list both' "$("$mendctl" keys list | tail -n 2 | tr -s ' ')" \
	"other $them 2 $T/base/**, /usr/lib/*
us $us 1 everything"

# --- what is not added ---

exits 1 'us: this key is trusted already, as us' 'the same key again' "$mendctl" keys add "$T/us.pub"
exits 1 'more: this key is trusted already, as us' 'the same key by another name' \
	"$mendctl" keys add "$T/us.pub" --name more
publisher third
exits 1 'us: another key is called so' 'another key by the same name' \
	"$mendctl" keys add "$T/third.pub" --name us
for name in ../x .x a/b 'a b' $'a\nb'; do
	exits 2 "not fit for a key's name" "a name like $(printf %q "$name")" "$mendctl" keys add "$T/third.pub" --name "$name"
done
exits 1 'third.key: ' 'a secret key is no public key' "$mendctl" keys add "$T/third.key"
echo nonsense >"$T/bad.pub"
exits 1 'bad.pub: ' 'what is no key' "$mendctl" keys add "$T/bad.pub"
exits 3 'none.pub' 'no such file' "$mendctl" keys add "$T/none.pub"
exits 1 'third: not added: third.conf: line 1: paths: "usr/lib"' 'a path that is not absolute' \
	"$mendctl" keys add "$T/third.pub" --paths usr/lib
ok 'leaves nothing' test ! -e "$keys/third.pub" -a ! -e "$keys/third.conf"
exits 2 '--paths: a line break' 'no second line by the back door' \
	"$mendctl" keys add "$T/third.pub" --paths $'/a\nthreshold = 1'
exits 2 '--threshold: 0 is not within 1 to 16' 'no threshold of none' \
	"$mendctl" keys add "$T/third.pub" --threshold 0
chmod 666 "$keys/us.pub"
is 'a file that others may write is left out' "$("$mendctl" keys list 2>/dev/null | grep -c "^us")" 0
ok 'and told' bash -c "'$mendctl' keys list 2>&1 >/dev/null | grep -q 'us.pub'"
chmod 644 "$keys/us.pub"

echo "paths = /narrow/*" >"$keys/third.conf"
ok 'what narrows it may be there before the key' "$mendctl" keys add "$T/third.pub"
is 'and does' "$("$mendctl" keys list | awk '$1 == "third" { print $4 }')" '/narrow/*'
ok 'away with it' "$mendctl" keys remove third

# --- remove ---

ok 'install' "$mendctl" install --quiet "$T/fix.mend"
exits 1 'nobody: no key is called so' 'remove nobody' "$mendctl" keys remove nobody
is 'remove' "$("$mendctl" keys remove other)" 'other: no longer trusted'
ok 'with what narrowed it' test ! -e "$keys/other.pub" -a ! -e "$keys/other.conf"
exits 1 'other: no key is called so' 'remove it again' "$mendctl" keys remove other
is 'remove the one that signed what is active' "$("$mendctl" keys remove us 2>"$T/err")" \
	'us: no longer trusted'
is 'tells what it leaves behind' "$(cat "$T/err")" \
	'mendctl: fix (a): no trusted key vouches for it now; mounts serve it until they are told: mendctl deactivate fix'
is 'list tells that it is of no use' "$("$mendctl" list | awk 'NR == 2 { print $1, $2, $3 }')" \
	'fix (a) unusable'
exits 1 'fix (a): ' 'and activate refuses' "$mendctl" activate fix
ok 'deactivate works' "$mendctl" deactivate fix
echo nonsense >"$keys/broken.pub"
ok 'a file that is no key can be removed' "$mendctl" keys remove broken
ok 'and is gone' test ! -e "$keys/broken.pub"
