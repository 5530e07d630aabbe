#!/bin/bash
# SPDX-License-Identifier: MIT
# A patched file tells who asks by name where it comes from, and nobody carries that on; written back as
# it was, its base gets its patch back.
. "${0%/*}/../lib.sh"
need_mount

mkdir "$T/m" "$T/copies"
echo old >"$T/m/f"
echo untouched >"$T/m/g"
echo new >"$T/new"
publisher us
trust us
ok 'a bundle is built' "$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/fix.mend" --id fix \
	--release 2 --root "$T/m" --arch any --replace f="$T/new" --add h="$T/new" --title Fix
old=$(b2sum -l 256 "$T/m/f" | cut -d' ' -f1)
mount_mendfs "$T/m"
ok 'it is installed' "$bin/mendctl" install "$T/fix.mend"

attribute() { # FILE NAME
	python3 -c 'import os, sys; print(os.getxattr(sys.argv[1], sys.argv[2]).decode())' "$1" \
		"user.mendfs.$2" 2>&1 | tail -n 1
}
is 'its patch' "$(attribute "$T/m/f" patch)" fix
is 'its release' "$(attribute "$T/m/f" release)" 2
is 'its content' "$(attribute "$T/m/f" object)" "$(b2sum -l 256 "$T/new" | cut -d' ' -f1)"
is 'what it stands in front of' "$(attribute "$T/m/f" base)" "$old"
is 'nothing, for what is added' "$(attribute "$T/m/h" base)" ''
is 'none of another name' "$(attribute "$T/m/f" other)" \
	"OSError: [Errno 61] No data available: '$T/m/f'"
is 'the base has none' "$(attribute "$T/m/g" patch)" "OSError: [Errno 61] No data available: '$T/m/g'"
is 'they are not listed' "$(python3 -c 'import os, sys; print(os.listxattr(sys.argv[1]))' "$T/m/f")" '[]'
ok 'a copy with all attributes' cp -a "$T/m/f" "$T/copies/f"
is 'has none of them' "$(python3 -c 'import os, sys; print([x for x in os.listxattr(sys.argv[1])
	if "mendfs" in x])' "$T/copies/f")" '[]'

# --- written in place ---

echo other >"$T/m/f"
is 'who writes to it writes to the base' "$(cat "$T/m/f")" other
echo old >"$T/m/f"
ok 'written back as it was, it is patched again' eventually 5 cmp -s "$T/m/f" "$T/new"
ok 'as the status says' eventually 5 bash -c "'$bin/mendctl' status | grep -q 'fix (b) *active'"
ok 'it ends' unmount_mendfs "$T/m"
is 'the base is what was written' "$(cat "$T/m/f")" old
