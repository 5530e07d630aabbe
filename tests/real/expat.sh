#!/bin/bash
# SPDX-License-Identifier: MIT
# libexpat.so.1 is a symlink to a file with a version in its name, as most libraries are: a patch brings
# the other file and the other link, and takes the old file away.
# limit: 120
# not sanitized
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"
need_command dpkg-deb
need_archive

link=$(ldconfig -p | awk '$1 == "libexpat.so.1" { print $NF; exit }')
link=$(realpath -s "$link" 2>/dev/null)
[[ -L ${link/#\/lib\///usr/lib/} ]] || skip 'there is no libexpat.so.1'
link=${link/#\/lib\///usr/lib/}
dir=${link%/*}
dir=${dir#/usr/lib/}
file=$(readlink "$link")
installed=$(dpkg-query -Wf '${Version}' "libexpat1:$(dpkg --print-architecture)" 2>/dev/null) ||
	skip 'libexpat1 is not installed'

other_version libexpat1 "$installed"
fixed=$(find "$T/other" -name 'libexpat.so.1.*' -type f)

# Under a number of its own, whatever the two versions are called.
bundle expat expat 1 /usr/lib --add "$dir/libexpat.so.1.99.9=$fixed" --symlink "$dir/libexpat.so.1=libexpat.so.1.99.9" \
	--remove "$dir/$file"
loads() { # the file that a program gets
	"$python" -c 'import ctypes, os
ctypes.CDLL("libexpat.so.1")
print(*{os.path.basename(line.split()[5]) for line in open("/proc/self/maps") if "libexpat" in line})'
}
parses() {
	"$python" -c 'import pyexpat, xml.etree.ElementTree as tree
assert tree.fromstring("<a><b c=\"d\">e</b></a>").find("b").text == "e"'
}
before=$(sha256sum "$link")
is 'before' "$(loads)" "$file"
mount_mendfs /usr/lib
is 'mounted' "$(loads)" "$file"
ok 'mounted: it parses' parses
install expat
is 'patched: another file' "$(loads)" libexpat.so.1.99.9
is 'patched: another link' "$(readlink "$link")" libexpat.so.1.99.9
is 'patched: the content of the archive' "$(sha256sum <"$link")" "$(sha256sum <"$fixed")"
ok 'patched: the old name is gone' test ! -e "/usr/lib/$dir/$file"
is 'patched: a listing tells the same' "$(find "/usr/lib/$dir" -maxdepth 1 -name 'libexpat.so.1*' -printf '%f %l\n' |
	sort | tr '\n' ,)" 'libexpat.so.1 libexpat.so.1.99.9,libexpat.so.1.99.9 ,'
ok 'patched: it parses' parses
mendctl revert --quiet
is 'reverted' "$(loads) $(readlink "$link")" "$file $file"
is 'reverted: the same content' "$(sha256sum "$link")" "$before"
ok 'reverted: it parses' parses
umount /usr/lib 2>/dev/null || umount -l /usr/lib
is 'unmounted' "$(loads)" "$file"
