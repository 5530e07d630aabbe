#!/bin/bash
# SPDX-License-Identifier: MIT
# Everything that install refuses, each in words of its own, and that nothing of it is left behind.
. "${0%/*}/../lib.sh"

mendctl=$bin/mendctl
mkdir "$T/base"
printf '%s\n' old >"$T/base/f"
printf '%s\n' old >"$T/base/g"
publisher us
publisher them
trust us

bundle() { # OUT ID RELEASE CONTENT ARGS…: it replaces f; BY=NAME signs
	printf '%s\n' "$4" >"$T/new"
	"$bin/mend-publish" build --quiet --force -s "$T/${BY:-us}.key" -o "$T/$1.mend" --id "$2" \
		--release "$3" --root "$T/base" --replace f="$T/new" "${@:5}" || bail "builds $1"
}
other() { # OUT ID RELEASE ARGS…: it has no say in f
	printf '%s\n' new >"$T/new"
	"$bin/mend-publish" build --quiet --force -s "$T/us.key" -o "$T/$1.mend" --id "$2" \
		--release "$3" --root "$T/base" --arch any "${@:4}" || bail "builds $1"
}
state() { # of the store, as far as anybody can tell
	"$mendctl" list
	"$mendctl" status
	"$mendctl" history
}
refused() { # TEXT NAME…: install of these bundles is refused, and the store is as before
	local before
	before=$(state)
	exits 1 "$1" "refused: $1" "$mendctl" install "${@:2}"
	is '… and nothing changed' "$(state)" "$before"
}

# --- format and signatures ---

bundle good fix 2 new
head -c 1000 "$T/good.mend" >"$T/short.mend"
refused "short.mend: refused: bundle is cut off in member 'manifest.json'" "$T/short.mend"
refused '/dev/null: refused: not a bundle: not a regular file' /dev/null
exits 3 'nope.mend: No such file' 'a bundle that is not there' "$mendctl" install "$T/nope.mend"

BY=them bundle theirs fix 2 new
key=$(sed -n '1s/.* //p' "$T/them.pub")
refused "theirs.mend: refused: signed by key $key, which $T/config/keys.d does not trust" \
	"$T/theirs.mend"
cp "$T/theirs.mend" "$T/both.mend"
publisher third
third=$(sed -n '1s/.* //p' "$T/third.pub")
ok 'a second stranger signs' "$bin/mend-publish" sign -s "$T/third.key" "$T/both.mend"
refused "keys $(printf '%s\n' "$key" "$third" | sort | paste -sd ' ' | sed 's/ /, /'), none of which" \
	"$T/both.mend"
# One letter of the title, which is signed.
bundle title fix 2 new --title 'A letter X of it'
sed -i 's/A letter X of it/A letter Y of it/' "$T/title.mend"
refused 'title.mend: refused: signature of key' "$T/title.mend"
exits 1 'does not fit the signed bytes' '… and why' "$mendctl" install "$T/title.mend"

# --- what the keys may do ---

mkdir "$T/narrow" "$T/narrow/keys.d"
cp "$T/us.pub" "$T/narrow/keys.d/"
echo "paths = $T/base/g" >"$T/narrow/keys.d/us.conf"
exits 1 "fix (b): refused: $T/base/f: not a path that key \"us\" may patch" 'out of the key'"'s scope" \
	"$mendctl" install --config "$T/narrow" "$T/good.mend"
echo "threshold = 2" >"$T/narrow/keys.d/us.conf"
exits 1 "fix (b): refused: $T/base/f: signed by 1 of the 2 keys it needs" 'too few signatures' \
	"$mendctl" install --config "$T/narrow" "$T/good.mend"
cp "$T/good.mend" "$T/two.mend"
ok 'the second signature' "$bin/mend-publish" sign -s "$T/them.key" "$T/two.mend"
cp "$T/them.pub" "$T/narrow/keys.d/"
echo "threshold = 2" >"$T/narrow/keys.d/them.conf"
ok 'two are enough' "$mendctl" install --config "$T/narrow" --dry-run "$T/two.mend"

# --- time and place ---

bundle expired fix 2 new --issued 2020-01-01T00:00:00Z --expires 2020-02-01T00:00:00Z
refused 'fix (b): refused: expired at 2020-02-01T00:00:00Z' "$T/expired.mend"
bundle arch fix 2 new --arch pdp11
refused 'fix (b): refused: made for pdp11, this machine is' "$T/arch.mend"
bundle os fix 2 new --os plan9:4
refused 'fix (b): refused: made for plan9 4, this system is' "$T/os.mend"

# --- objects ---

python3 - "$T/good.mend" "$T" <<'END'
import sys
good, out = open(sys.argv[1], "rb").read(), sys.argv[2]
at = good.rindex(b"objects/")
size = int(good[at + 124:at + 135], 8)
open(out + "/bare.mend", "wb").write(good[:at] + bytes(1024))
END
refused "fix (b): refused: bundle lacks the content of 'f'" "$T/bare.mend"
# Another content of the same size under the same name: what is signed is the hash.
bundle evil fix 2 bad
python3 - "$T/good.mend" "$T/evil.mend" <<'END'
import sys
good, evil = (bytearray(open(p, "rb").read()) for p in sys.argv[1:])
a, b = good.rindex(b"objects/"), evil.rindex(b"objects/")
size = int(good[a + 124:a + 135], 8)
assert size == int(evil[b + 124:b + 135], 8)
good[a + 512:a + 512 + size] = evil[b + 512:b + 512 + size]
open(sys.argv[2], "wb").write(good)
END
refused 'fix (b): refused: member ' "$T/evil.mend"
exits 1 'does not have the hash' 'content with another hash' "$mendctl" install "$T/evil.mend"
exits 1 'does not have the hash' 'a dry run sees it, too' "$mendctl" install --dry-run "$T/evil.mend"

# --- base ---

not_it="fix (b): refused: $T/base/f: base is not what the patch was made for"
echo else >"$T/base/f"
refused "$not_it (the base has other content than the patch was made for)" "$T/good.mend"
echo new >"$T/base/f"
refused "fix (b): refused: $T/base/f: already fixed (the base already has the fix)" "$T/good.mend"
rm "$T/base/f"
refused "$not_it (the base does not have it)" "$T/good.mend"
echo old >"$T/base/f"
mkdir "$T/elsewhere"
exits 1 "fix (b): refused: $T/elsewhere/f: base is not" 'another base that does not have it' \
	"$mendctl" install --base "$T/elsewhere" "$T/good.mend"
exits 3 "fix (b): $T/nowhere: cannot open" 'a base that is not there' \
	"$mendctl" install --base "$T/nowhere" "$T/good.mend"

# --- what is active already ---

other needs needs 1 --replace g="$T/new" --requires fix
refused 'needs (a): refused: requires fix, which is not active' "$T/needs.mend"
other hates hates 1 --add h="$T/new" --conflicts fix
ok 'a good one' "$mendctl" install "$T/good.mend"
refused 'hates (a): refused: conflicts with fix (b), which is active' "$T/hates.mend"
bundle same same 1 other
refused "same (a): refused: changes $T/base/f, as does fix (b), which is active" "$T/same.mend"
mkdir "$T/base/d"
other up up 1 --add d/e="$T/new"
ok 'one below a directory' "$mendctl" install "$T/up.mend"
ok 'and away' "$mendctl" remove up
ok 'one that needs another' "$mendctl" install "$T/needs.mend"
exits 1 'fix: refused: needs (a), which is active, requires it' 'the other has to stay' \
	"$mendctl" deactivate fix
exits 1 'fix: refused: needs (a), which is active, requires it' 'and to be installed' \
	"$mendctl" remove fix
ok 'both may go' "$mendctl" deactivate fix needs
ok 'the one that conflicts' "$mendctl" install "$T/hates.mend"
refused 'fix (b): refused: conflicts with hates (a), which is active' "$T/good.mend"
exits 1 'fix (b): refused: conflicts with hates (a)' 'activate is as strict' "$mendctl" activate fix
ok 'nothing is active' "$mendctl" revert
refused 'hates (a): refused: conflicts with fix (b), which is to be activated with it' \
	"$T/good.mend" "$T/hates.mend"
ok 'what is required may come along' "$mendctl" install "$T/needs.mend" "$T/good.mend"

# --- releases ---

bundle older fix 1 oldest
refused 'fix (a): refused: older than (b), which was accepted before' "$T/older.mend"
bundle again fix 2 another
refused 'fix (b): refused: another manifest is installed under this number' "$T/again.mend"

# --- all or none ---

other fine fine 1 --add i="$T/new"
bundle newer fix 3 newer
echo else >"$T/base/f"
refused "fix (c): refused: $T/base/f: base is not" "$T/fine.mend" "$T/newer.mend"
echo old >"$T/base/f"
bundle evil2 fix 3 nower
python3 - "$T/newer.mend" "$T/evil2.mend" <<'END'
import sys
good, evil = (bytearray(open(p, "rb").read()) for p in sys.argv[1:])
a, b = good.rindex(b"objects/"), evil.rindex(b"objects/")
size = int(good[a + 124:a + 135], 8)
good[a + 512:a + 512 + size] = evil[b + 512:b + 512 + size]
open(sys.argv[2], "wb").write(good)
END
refused 'fix (c): refused: member ' "$T/fine.mend" "$T/evil2.mend"
ok 'they are fine otherwise' "$mendctl" install "$T/fine.mend" "$T/newer.mend"

# --- the store itself ---

exec 9>>"$T/store/lock"
flock 9
exits 3 'another program is changing the store' 'a store in use' "$mendctl" revert
exec 9>&-
echo not a number >"$T/store/floor"
exits 1 'floor: line 1: not JSON' 'a floor that cannot be read lets nothing in' "$mendctl" install "$T/newer.mend"
