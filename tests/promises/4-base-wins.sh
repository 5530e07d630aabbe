#!/bin/bash
# SPDX-License-Identifier: MIT
# Promise 4: the base wins when it moves. A target applies only to the base that it was made for; when
# that changes, through the mount or below it, the patch steps aside and says so.
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"

mkdir -p "$P"/{lib,bare}
for name in a b c d e; do
	echo "old $name" >"$P/lib/$name"
	echo "new $name" >"$T/new-$name"
done
mount --bind "$P/lib" "$P/bare"
mount_mendfs "$P/lib"
bundle one one 1 "$P/lib" --replace a="$T/new-a" --replace b="$T/new-b" --add f="$T/new-c" --remove d \
	--symlink e=a
states() { # of the targets a, b, d, e, f
	status_of "$P/lib" '" ".join(t["state"] for t in sorted(s["releases"][0]["targets"], key=lambda t: t["path"]))'
}
fresh() { # the status, asked of the mount itself
	mendctl status >/dev/null 2>&1
	states
}
install one
is 'all of it is active' "$(fresh)" 'active active active active active'

# --- through the mount ---

if echo probe >"$P/lib/probe" 2>/dev/null; then
	rm "$P/lib/probe"
	echo 'other a' >"$P/lib/a.tmp"
	mv "$P/lib/a.tmp" "$P/lib/a"
	is 'a rename over a patched name shows at once' "$(cat "$P/lib/a")" 'other a'
	is 'below too' "$(cat "$P/bare/a")" 'other a'
	is 'and it is told' "$(fresh)" 'drifted active active active active'
	echo 'written b' >"$P/lib/b"
	is 'so does a write' "$(cat "$P/lib/b") $(cat "$P/bare/b")" 'written b written b'
	echo 'made d' >"$P/lib/d.tmp"
	exits 1 'No such file' 'a name that is removed' cat "$P/lib/d"
	mv "$P/lib/d.tmp" "$P/lib/d"
	is 'can be made' "$(cat "$P/lib/d")" 'made d'
	rm "$P/lib/e"
	echo 'made e' >"$P/lib/e"
	is 'a link of the patch can be replaced' "$(cat "$P/lib/e")" 'made e'
	echo 'old a' >"$P/lib/a.tmp"
	mv "$P/lib/a.tmp" "$P/lib/a"
	is 'the base it was made for brings the patch back' "$(cat "$P/lib/a")" 'new a'
	printf 'new b\n' >"$P/lib/b"
	is 'the base may be the fix itself' "$(cat "$P/lib/b")" 'new b'
	is 'which supersedes it' "$(fresh)" 'active superseded drifted drifted active'
fi

# --- below the mount, and mounted anew ---

umount "$P/lib"
for name in a b c d e; do
	rm -f "$P/lib/$name"
	echo "old $name" >"$P/lib/$name"
done
mount_mendfs "$P/lib"
is 'the whole base back, the whole patch back' "$(fresh)" 'active active active active active'
umount "$P/lib"
eventually 10 family_is_gone
echo 'upgraded a' >"$P/lib/a"
cp "$T/new-b" "$P/lib/b"
rm "$P/lib/d" "$P/lib/e"
echo 'upgraded f' >"$P/lib/f"
mount_mendfs "$P/lib"
is 'an upgrade while it was not mounted' "$(cat "$P/lib/a" "$P/lib/b" "$P/lib/f" | tr '\n' ,)" \
	'upgraded a,new b,upgraded f,'
is 'says which target went which way' "$(fresh)" 'drifted superseded superseded drifted drifted'
is 'and why' "$(status_of "$P/lib" 's["releases"][0]["state"], [t["reason"] != "" for t in s["releases"][0]["targets"]
	if t["state"] == "drifted"]')" "('drifted', [True, True, True])"
exits 1 'one (a)' 'it cannot be made active again' bash -c "'$bin/mendctl' revert --quiet; '$bin/mendctl' activate one"
is 'and the base shows' "$(cat "$P/lib/a")" 'upgraded a'
