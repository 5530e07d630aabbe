#!/bin/bash
# SPDX-License-Identifier: MIT
# Two libraries of Debian's archive, fetched by apt out of more than one suite, become patches with one
# command each. That of libexpat1, which stays within a suite, is installed and used.
# limit: 240
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"
need_command dpkg-deb
need_command apt-get
need_archive
. "${0%/*}/../archive.sh"

own_apt testing
# versions PACKAGE [SUITE]: of the archive, the oldest first
versions() {
	apt-cache madison "$1:$arch" | awk -F ' *[|] *' -v suite="${2:-}" '$3 ~ suite { print $2 }' | sort -V | uniq
}
# fetch PACKAGE VERSION: $deb
fetch() {
	mkdir -p "$T/debs/$1"
	(cd "$T/debs/$1" && timeout 60 apt-get -qq download "$1:$arch=$2") >"$T/apt.log" 2>&1 || bail "apt fetches $1 $2"
	deb=$(echo "$T/debs/$1"/*.deb)
}
left() { find "$TMPDIR" -mindepth 1 | head; }
publisher us && trust us

# --- zlib1g: the number in the file's name changes ---

mapfile -t both < <(versions zlib1g)
[[ ${#both[@]} -gt 1 ]] || skip 'the archive has one zlib1g only'
old=${both[0]} new=${both[-1]}
printf '# zlib1g: from %s to %s\n' "$old" "$new"
fetch zlib1g "$old"
timeout 60 "$bin/mend-publish" build --release 1 --dry-run --apt "zlib1g:$arch=$new" \
	--base-deb "$deb" >"$T/plan" 2>"$T/why"
status=$?
explain "$T/plan"
file() { dpkg-deb -c "$1" | sed -n 's,.*/\(libz\.so\.1\.[0-9.]*\)$,\1,p'; }
old_file=$(file "$deb")
is 'the link changes' "$(awk '$1 == "symlink" { print $2, $4, $6 }' "$T/plan" | sed "s,.*/,,; s/ $old_file / /")" \
	"libz.so.1 $(awk '$1 == "add" { print $2 }' "$T/plan" | sed 's,.*/,,')"
is 'the old file goes' "$(awk '$1 == "remove" { print $2, $3, $4 }' "$T/plan" | sed 's,.*/,,')" "$old_file zlib1g $old"
ok 'the new one is told' grep -q "^add .* zlib1g $new, [0-9]* bytes$" "$T/plan"
ok 'so is the release' grep -q "^zlib (a): zlib $new" "$T/plan"
# Built for another libc, it may need what this machine does not have: then the gate says so.
if [[ $status != 0 ]]; then
	ok 'it is refused for a reason' grep -q 'would break programs' "$T/why"
fi

# --- libexpat1: within a suite ---

mapfile -t both < <(versions libexpat1 " $suite")
[[ ${#both[@]} -gt 1 ]] || skip "$suite has one libexpat1 only"
old=${both[0]} new=${both[-1]}
printf '# libexpat1: from %s to %s\n' "$old" "$new"
fetch libexpat1 "$old"
ok 'one command' timeout 60 "$bin/mend-publish" build -s "$T/us.key" -o "$T/expat.mend" --release 1 \
	--apt "libexpat1=$new" --base-deb "$deb" --delta
"$bin/mend-publish" inspect "$T/expat.mend" >"$T/shown"
explain "$T/shown"
ok 'the title names it' grep -q "^expat (a), release 1: expat $new" "$T/shown"
ok 'verified with its base' "$bin/mend-publish" verify "$T/expat.mend" -p "$T/us.pub"
is 'nothing is left' "$(left)" ''

# --- as it is used: the old package's directory, mounted ---

dpkg-deb -x "$deb" "$T/old"
rm "$deb"
fetch libexpat1 "$new"
dpkg-deb -x "$deb" "$T/new"
mkdir "$P/lib"
for dir in lib usr/lib; do
	[[ ! -d $T/old/$dir ]] || cp -a "$T/old/$dir/." "$P/lib"
done
library=$(cd "$P/lib" && echo */libexpat.so.1)
# Parses, and says which file it did it with.
parses() {
	LD_LIBRARY_PATH=$P/lib/${library%/*} "$python" -c 'import hashlib, pyexpat, xml.etree.ElementTree as tree
assert tree.fromstring("<a><b c=\"d\">e</b></a>").find("b").text == "e"
for line in open("/proc/self/maps"):
    if "libexpat" in line:
        print(hashlib.sha256(open(line.split()[5], "rb").read()).hexdigest())
        break'
}
content() {
	find "$T/$1" -name "$(basename "$(readlink -f "$P/lib/$library")")" -type f -exec sha256sum {} + | cut -d ' ' -f 1
}
before=$(parses)
[[ -n $before ]] || skip 'no Python that loads libexpat'
mount_mendfs "$P/lib" --as /usr/lib
is 'mounted: the old one' "$(parses)" "$before"
install expat
is 'patched: the content of the archive' "$(parses)" "$(content new)"
mendctl revert --quiet
is 'reverted: the old one again' "$(parses)" "$before"
