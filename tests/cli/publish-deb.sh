#!/bin/bash
# SPDX-License-Identifier: MIT
# Packages become patches: what build takes of them, what it tells of them, and what it refuses.
# limit: 120
. "${0%/*}/../lib.sh"
need_command dpkg-deb
need_command cc
here=$(cd "${0%/*}" && pwd)
export TMPDIR=$T/tmp SOURCE_DATE_EPOCH=1795305600
mkdir "$TMPDIR"
publisher acme

# --- packages of one source: hole-src 1.0, 1.1 and 1.2 ---

# library OUT SONAME NUMBER
library() {
	echo "int $4(void) { return $3; }" | cc -shared -fPIC -O0 -Wl,-soname,"$2" -Wl,-z,relro,-z,now -x c -o "$1" -
}
# changes VERSION…: a changelog of these, the newest first
changes() {
	local version
	for version; do
		printf 'hole-src (%s) stable; urgency=%s\n\n  * Mend CVE-2026-%s.\n  * And more of %s.\n\n%s\n\n' \
			"$version" "$([[ $version == 1.2 ]] && echo high || echo low)" "100${version#*.}" "$version" \
			' -- A <a@b.c>  Thu, 01 Jan 2026 00:00:00 +0000'
	done
}
# package NAME VERSION [dpkg-deb's OPTION…]: of the tree $T/p, which is used up
package() {
	local name=$1 version=$2
	shift 2
	mkdir -p "$T/p/DEBIAN" "$T/debs"
	printf 'Package: %s\nSource: hole-src\nVersion: %s\nArchitecture: amd64\nMaintainer: a <a@b.c>\nDescription: x\n' \
		"$name" "$version" >"$T/p/DEBIAN/control"
	dpkg-deb --root-owner-group "$@" -b "$T/p" "$T/debs/${name}_$version.deb" >/dev/null || bail "dpkg-deb builds $name"
	rm -r "$T/p"
}
# hole MINOR NUMBER [OPTION…]: as Debian has it, still below /lib
hole() {
	local minor=$1 number=$2
	shift 2
	mkdir -p "$T/p/lib/t" "$T/p/usr/bin" "$T/p/usr/lib/t/plugins" "$T/p/usr/share/doc/hole"
	library "$T/p/lib/t/libhole.so.1.$minor" libhole.so.1 "$number" hole
	ln -s "libhole.so.1.$minor" "$T/p/lib/t/libhole.so.1"
	library "$T/p/usr/lib/t/plugins/same.so" same.so 0 same
	echo "hole 1.$minor" >"$T/p/usr/lib/t/hole.conf"
	cp "$T/p/lib/t/libhole.so.1.$minor" "$T/p/usr/bin/hole"
	# shellcheck disable=SC2046 # versions
	changes $(seq -f 1.%g "$minor" -1 0) | gzip -9n >"$T/p/usr/share/doc/hole/changelog.Debian.gz"
	package hole "1.$minor" "$@"
}
# extra MINOR NUMBER: another package of the same source
extra() {
	mkdir -p "$T/p/usr/lib/t"
	library "$T/p/usr/lib/t/libextra.so.1" libextra.so.1 "$2" extra
	package extra "1.$1" -Zgzip
}
hole 0 0 -Zgzip
hole 1 1 -Zxz
hole 2 2 -Zzstd
extra 1 1
extra 2 2
debs=$T/debs

# build ARGS…: to $T/out.mend; the manifest is then in $T/manifest
build() {
	"$bin/mend-publish" build -s "$T/acme.key" -o "$T/out.mend" --release 1 --force --quiet "$@" &&
		tar xOf "$T/out.mend" manifest.json >"$T/manifest"
}
# told EXPRESSION: of the manifest m
told() { python3 -c 'import json, sys
m = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$T/manifest" "$1"; }
targets='" ".join(t["op"] + ":" + t["path"] for t in m["targets"])'
left() { find "$TMPDIR" -mindepth 1 | head; }

ok 'a package against another' build --deb "$debs/hole_1.2.deb" --base-deb "$debs/hole_1.1.deb"
is 'takes the library, its link, and the old file away' "$(told "$targets")" \
	'symlink:t/libhole.so.1 remove:t/libhole.so.1.1 add:t/libhole.so.1.2'
is 'the link leads to the new file' "$(told 'm["targets"][0]["to"]')" libhole.so.1.2
is 'it was made for the old link' "$(told 'm["targets"][0]["base"]')" \
	"[{'link': 'libhole.so.1.1', 'package': 'hole', 'version': '1.1'}]"
is 'fixed_in' "$(told '{t["fixed_in"]["package"] + t["fixed_in"]["version"] for t in m["targets"]}')" "{'hole1.2'}"
is 'id, title, severity' "$(told '[m["id"], m["title"], m["severity"]]')" \
	"['hole-src', 'hole-src 1.2: CVE-2026-1002', 'high']"
is 'cves: of what is new alone' "$(told 'm["cves"]')" "['CVE-2026-1002']"
is 'description' "$(told 'm["description"]')" $'1.2\n  * Mend CVE-2026-1002.\n  * And more of 1.2.'
is 'arch' "$(told 'm["arch"]')" "$(uname -m)"
ok 'it is a good bundle' "$bin/mend-publish" verify "$T/out.mend" -p "$T/acme.pub"
cp "$T/out.mend" "$T/first.mend"
ok 'again' build --deb "$debs/hole_1.2.deb" --base-deb "$debs/hole_1.1.deb"
ok 'it is the same to the last byte' cmp "$T/first.mend" "$T/out.mend"

ok 'from an older one' build --deb "$debs/hole_1.2.deb" --base-deb "$debs/hole_1.0.deb"
is 'cves of all in between' "$(told 'm["cves"]')" "['CVE-2026-1002', 'CVE-2026-1001']"

ok 'for two bases' build --deb "$debs/hole_1.2.deb" --base-deb "$debs/hole_1.1.deb" --base-deb "$debs/hole_1.0.deb"
is 'both old files go' "$(told "$targets")" \
	'symlink:t/libhole.so.1 remove:t/libhole.so.1.0 remove:t/libhole.so.1.1 add:t/libhole.so.1.2'
is 'both links are bases' "$(told '[b["link"] + " " + b["version"] for b in m["targets"][0]["base"]]')" \
	"['libhole.so.1.1 1.1', 'libhole.so.1.0 1.0']"

ok 'two packages of one source' build --deb "$debs/hole_1.2.deb" --deb "$debs/extra_1.2.deb" \
	--base-deb "$debs/hole_1.1.deb" --base-deb "$debs/extra_1.1.deb"
is 'are one patch' "$(told "$targets")" \
	'replace:t/libextra.so.1 symlink:t/libhole.so.1 remove:t/libhole.so.1.1 add:t/libhole.so.1.2'
is 'each file of its own' "$(told '[t["fixed_in"]["package"] for t in m["targets"]]')" \
	"['extra', 'hole', 'hole', 'hole']"
is 'so is the base' "$(told 'm["targets"][0]["base"][0]["version"]')" 1.1

ok 'everything can be told otherwise' build --deb "$debs/hole_1.2.deb" --base-deb "$debs/hole_1.1.deb" --id mine \
	--title T --description D --severity low --cve CVE-2026-7777 --fixed-in t/libhole.so.1.2=other=9 \
	--package t/libhole.so.1=base=8 --mode t/libhole.so.1.2=0755
is 'and is' "$(told '[m["id"], m["title"], m["description"], m["severity"], m["cves"], m["targets"][2]["fixed_in"],
	m["targets"][0]["base"][0]["package"], m["targets"][2]["mode"]]')" \
	"['mine', 'T', 'D', 'low', ['CVE-2026-7777'], {'package': 'other', 'version': '9'}, 'base', '0755']"

ok 'more than libraries' build --deb "$debs/hole_1.2.deb" --base-deb "$debs/hole_1.1.deb" --include 't/*.conf'
is 'where a glob says so' "$(told "$targets")" \
	'replace:t/hole.conf symlink:t/libhole.so.1 remove:t/libhole.so.1.1 add:t/libhole.so.1.2'
ok 'a change of our own' build --deb "$debs/hole_1.2.deb" --base-deb "$debs/hole_1.1.deb" \
	--symlink t/libhole.so.1=libhole.so.1.2 --add t/more="$0" --mode t/more=0644
is 'comes along' "$(told "$targets")" 'symlink:t/libhole.so.1 add:t/libhole.so.1.2 add:t/more'

# --- a tree ---

dpkg-deb -x "$debs/hole_1.1.deb" "$T/old"
dpkg-deb -x "$debs/hole_1.2.deb" "$T/tree"
mv "$T/old/lib/t/"* "$T/old/usr/lib/t"
ok 'a tree against a directory' build --id tree --tree "$T/tree" --base-dir "$T/old/usr/lib"
is 'has the same changes' "$(told "$targets")" \
	'symlink:t/libhole.so.1 remove:t/libhole.so.1.1 add:t/libhole.so.1.2'
is 'and no package' "$(told '[t.get("fixed_in") for t in m["targets"]]')" '[None, None, None]'
exits 2 '--id ID is missing' 'it has no name of its own' build --tree "$T/tree" --base-dir "$T/old/usr/lib"
exits 2 'has no opt/x' 'a tree of something else' build --id tree --tree "$T/tree" --root /opt/x --base-dir "$T/old"

# --- another SONAME: the old one stays ---

mkdir -p "$T/p/usr/lib/t"
library "$T/p/usr/lib/t/libhole.so.2.0" libhole.so.2 2 hole
ln -s libhole.so.2.0 "$T/p/usr/lib/t/libhole.so.2"
package hole 2.0
ok 'another SONAME' build --deb "$debs/hole_2.0.deb" --base-deb "$debs/hole_1.1.deb"
is 'comes beside the old one' "$(told "$targets")" 'symlink:t/libhole.so.2 add:t/libhole.so.2.0'
is 'no changelog: a title of the version alone' "$(told '[m["title"], m["cves"], m.get("severity", "")]')" \
	"['hole-src 2.0', [], '']"

# --- the plan ---

"$bin/mend-publish" build --release 2 --dry-run --deb "$debs/hole_1.2.deb" --base-deb "$debs/hole_1.1.deb" >"$T/plan"
is 'a dry run shows the plan' "$(sed -E 's/ +/ /g; s/[0-9]+ bytes/N bytes/' "$T/plan")" \
	"hole-src (b): hole-src 1.2: CVE-2026-1002
for /usr/lib on $(uname -m), severity high
fixes CVE-2026-1002
CHANGE PATH BASE NEW
symlink t/libhole.so.1 -> libhole.so.1.1 -> libhole.so.1.2
remove t/libhole.so.1.1 hole 1.1 -
add t/libhole.so.1.2 - hole 1.2, N bytes"
exits 1 'nothing to publish: the base has all of it already' 'nothing is new' \
	build --deb "$debs/hole_1.2.deb" --base-deb "$debs/hole_1.2.deb"
exits 1 'no shared library for /opt' 'nothing is below the root' build --deb "$debs/hole_1.2.deb" --root /opt
exits 2 '--base-deb x: goes with' 'a base of nothing' build --id x --remove x --base-deb x
exits 2 '--include x: goes with' 'to include of nothing' build --id x --remove x --include x
is 'nothing is left of all that' "$(left)" ''

# --- packages that mean harm ---

lib=$T/old/usr/lib/t/libhole.so.1.1
python3 "$here/packages.py" list x "$lib" >"$T/kinds"
for kind in $(<"$T/kinds"); do
	python3 "$here/packages.py" "$kind" "$T/$kind.pkg" "$lib"
done
mkdir -p "$T/empty"
from() { build --base-dir "$T/empty" "$@"; }
# refused KIND CODE TEXT
refused() { exits "$2" "$3" "refused: $1" from --deb "$T/$1.pkg"; }

ok 'a good one' from --deb "$T/good.pkg"
is 'of python' "$(told "$targets")" 'add:t/libhole.so.1'
refused dots 1 "'usr/lib/../../etc/libevil.so': is absolute, or has"
refused absolute 1 "'/usr/lib/t/libevil.so': is absolute, or has"
refused newline 1 'control characters'
refused twice 1 'usr/lib/t/libhole.so.1: is there twice'
refused below-link 1 "'x.so' on its way is not a directory"
refused link-of-control 1 "'usr/lib/t/x.so': is a symlink to nowhere"
refused hard-link-out 1 "is a hard link to 'etc/shadow', which is not taken"
refused device 1 'usr/lib/t/null: is a device'
refused set-id 1 'has set-id bits'
refused bomb 1 'unpacks to more than'
refused packed-twice 1 'is compressed more than once'
refused huge 1 'unpacks to more than'
refused control-bomb 1 'control: has more than 1048576 bytes'
refused empty 1 'damaged'
refused text 1 'damaged'
refused cut 1 'damaged'
refused no-data 1 'has no data'
refused no-control 1 'data comes before control'
refused no-version 1 'lacks a name or version'
refused name-of-path 1 "its name '../../hole' is none"
refused version-of-control 1 'its version '
refused format-3 1 'not a package of format 2'
refused damaged 1 'usr/lib/t/libhole.so.1: '
refused nothing 1 'nothing to publish'
exits 3 'cannot open' 'no such file' from --deb "$T/none.deb"
exits 1 'not a regular file' 'a directory' from --deb "$T"
exits 1 'is there twice' 'the same package twice' from --deb "$T/good.pkg" --deb "$T/good.pkg"
ok 'a hard link within' from --deb "$T/hard-link.pkg"
is 'is a file of its own' "$(told "$targets")" 'add:t/libhole.so.1 add:t/libtwin.so'
ok 'a device elsewhere' from --deb "$T/device-outside.pkg"
ok 'a script of the linker' from --deb "$T/script.pkg"
is 'is no library' "$(told "$targets")" 'add:t/libhole.so.1'
ok 'a changelog of anything' from --deb "$T/changelog.pkg"
is 'becomes fit for people' "$(told 'm["description"]')" \
	$'1.2\n  * Fix ? CVE-2026-0001?[2J and CVE-2026-00 or ?.
  * CVE-2026-0001 CVE-99999-1234 CVE-2026-123456789012345678901234567890'
is 'and tells what it can' "$(told '[m["cves"], m["severity"]]')" "[['CVE-2026-0001'], 'high']"
ok 'a changelog without end' from --deb "$T/changelog-bomb.pkg"
is 'is cut' "$(told 'len(m["description"]) <= 16384')" True
ok 'a changelog that is none' from --deb "$T/changelog-no-gzip.pkg"

# --- of other distributions ---

ok 'an rpm' from --rpm "$T/rpm.pkg"
is 'tells its version' "$(told '[m["id"], m["title"], m["targets"][0]["path"], m["targets"][0]["fixed_in"]]')" \
	"['hole-src', 'hole-src 1.2-3.x86', 't/libhole.so.1', {'package': 'hole', 'version': '1.2-3.x86'}]"
exits 1 "its name '../hole' is none" 'an rpm of another name' from --rpm "$T/rpm-name.pkg"
exits 1 'absurd size' 'an rpm with a long header' from --rpm "$T/rpm-entries.pkg"
exits 1 'cut off' 'an rpm that is cut off' from --rpm "$T/rpm-cut.pkg"
exits 1 'not a package' 'a deb for an rpm' from --rpm "$T/good.pkg"
ok 'an apk' from --apk "$T/apk.pkg"
is 'tells its version, too' "$(told '[m["id"], m["title"], m["targets"][0]["fixed_in"]]')" \
	"['hole-src', 'hole-src 1.2-r0', {'package': 'hole', 'version': '1.2-r0'}]"
exits 1 '.PKGINFO is not first' 'an apk without information' from --apk "$T/apk-no-info.pkg"
exits 1 'lacks a name' 'an apk without a name' from --apk "$T/apk-no-name.pkg"

# --- apt, which is played here ---

mkdir "$T/fake"
cat >"$T/fake/apt-get" <<END
#!/bin/sh
echo "\$*" >"$T/asked"
case \$3 in
slow) : >part.deb; : >"$T/slow-is-on"; exec sleep 60 ;;
none) echo 'E: Unable to locate package none' ; exit 100 ;;
nothing) exit 0 ;;
esac
cp "$debs/hole_1.2.deb" .
END
chmod +x "$T/fake/apt-get"
apt() { PATH=$T/fake:$PATH build --base-deb "$debs/hole_1.1.deb" "$@"; }
ok 'a package of apt' apt --apt hole=1.2
is 'is asked for so' "$(<"$T/asked")" '-q download hole=1.2'
is 'and taken' "$(told "$targets")" 'symlink:t/libhole.so.1 remove:t/libhole.so.1.1 add:t/libhole.so.1.2'
exits 3 '--apt none: apt-get: Unable to locate package none' 'one that apt does not have' apt --apt none
exits 3 '--apt nothing: apt-get fetched nothing' 'apt brings nothing' apt --apt nothing
for bad in -oDir=/ 'a b' '*' '' 'a=' 'a/stable' 'a=-x'; do
	exits 2 "not PACKAGE or PACKAGE=VERSION" "no name of a package: '$bad'" apt --apt "$bad"
done
is 'nothing is left of that, either' "$(left)" ''
clean() { [[ -z $(left) ]]; }
for signal in INT TERM HUP KILL; do
	rm -f "$T/slow-is-on"
	PATH=$T/fake:$PATH env --default-signal=INT "$bin/mend-publish" build --release 1 --dry-run --apt slow \
		>/dev/null 2>&1 &
	ok 'apt is at work' eventually 10 test -e "$T/slow-is-on"
	ok 'in a directory of ours' test -n "$(left)"
	kill -s $signal $!
	wait $! 2>/dev/null
	ok "SIG$signal leaves nothing" eventually 10 clean
done
