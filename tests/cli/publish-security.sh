#!/bin/bash
# SPDX-License-Identifier: MIT
# build --apt-security: what is newer than what is installed, a bundle for each source; apt and dpkg are
# played here.
. "${0%/*}/../lib.sh"
need_command dpkg-deb
need_command cc
[[ -x /usr/lib/apt/apt-helper ]] || skip 'apt is not installed'
export TMPDIR=$T/tmp SOURCE_DATE_EPOCH=1795305600 root=$T/root
mkdir -p "$TMPDIR" "$T/debs" "$T/out" "$T/fake" "$T/files" "$root"
publisher acme

# --- what is installed, and what the suites have ---

: >"$T/installed"
: >"$T/depends"
# library OUT SONAME C
library() {
	echo "$3" | cc -shared -fPIC -O0 -Wl,-soname,"$2" -Wl,-z,relro,-z,now -x c -o "$1" -
}
# installed NAME VERSION FILE STATE
installed() {
	printf '%s %s amd64 %s\n' "${4:-installed}" "$1" "$2" >>"$T/installed"
	printf '/.\n%s\n' "$3" >"$T/files/$1:amd64"
}
# package LIST SOURCE NAME VERSION [C]: of its library, if it has one
package() {
	local at=$T/p/$root
	mkdir -p "$T/p/DEBIAN" "$at"
	printf 'Package: %s\nSource: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: a <a@b.c>\nDescription: x\n' \
		"$3" "$2" "$4" >"$T/p/DEBIAN/control"
	[[ -z ${5:-} ]] || library "$at/$3.so.1" "$3.so.1" "$5"
	dpkg-deb --root-owner-group -Zgzip -b "$T/p" "$T/debs/$3:amd64=$4" >/dev/null || bail "dpkg-deb builds $3"
	printf 'Package: %s\nSource: %s (1.0)\nVersion: %s\nArchitecture: amd64\n\n' "$3" "$2" "$4" >>"$T/$1"
	rm -r "$T/p"
}
old='int f(void) { return 0; } int g(void) { return 0; }'
new='int f(void) { return 1; } int g(void) { return 1; }'
for name in libone libtwo libbroken libsame libnewest; do
	library "$root/$name.so.1" $name.so.1 "$old"
	installed $name 1.1 "$root/$name.so.1"
done
installed prog 1.1 "$root-of-another/libprog.so.1"
installed gone 1.1 "$root/gone.so.1" config-files
package security pair libone 1.2 "$new"
package security pair libtwo 1.2 "$new"
package security pair libtwo 1.0 "$old"
package security broken libbroken 1.2 'int f(void) { return 1; }'
package security same libsame 1.1.1 "$old"
package security newest libnewest 1.1 "$new"
package security prog prog 1.2
package security gone gone 1.2 "$new"
package security other libother 1.2 "$new"
package stable newest libnewest 1.3 "$new"
cat >"$T/fake/apt-get" <<END
#!/bin/sh
case \$1 in
indextargets)
	echo "Debian|oldstable|bookworm|$T/stable"
	[ -e "$T/no-suite" ] || echo "Debian-Security|oldstable-security|bookworm-security|$T/security" ;;
*)
	echo "\$3" >>"$T/asked"
	[ ! -e "$T/offline" ] || { echo 'E: Could not resolve the host'; exit 100; }
	cp "$T/debs/\$3" x.deb ;;
esac
END
cat >"$T/fake/dpkg-query" <<END
#!/bin/sh
case \$1 in
-W) case \$2 in *Depends*) cat "$T/depends" ;; *) cat "$T/installed" ;; esac ;;
-S) [ ! -e "$T/units" ] || cat "$T/units" ;;
-L) cat "$T/files/\$2" ;;
esac
END
chmod +x "$T"/fake/*

# build ARGS…
build() {
	: >"$T/asked"
	PATH=$T/fake:$PATH "$bin/mend-publish" build --apt-security --root "$root" --release 7 "$@"
}
signed() { build -s "$T/acme.key" -o "$T/out" "$@"; }
made() { (cd "$T/out" && echo *); }

# --- as it should be ---

ok 'of one source' signed --only pair
is 'it is one bundle' "$(made)" pair.mend
is 'of all its packages, in their newest version' "$(<"$T/asked")" $'libone:amd64=1.2\nlibtwo:amd64=1.2'
"$bin/mend-publish" inspect "$T/out/pair.mend" >"$T/shown"
ok 'named after it' grep -q '^pair (g), release 7: pair 1.2' "$T/shown"
os=$(. /etc/os-release && echo "${ID:-linux}${VERSION_ID:+ $VERSION_ID}")
is 'for this system' "$(tar xOf "$T/out/pair.mend" manifest.json | python3 -c 'import json, sys
print(*[" ".join(os.values()) for os in json.load(sys.stdin)["os"]])')" "$os"
ok 'with both libraries' grep -q libtwo.so.1 "$T/shown"
ok 'it is good' "$bin/mend-publish" verify "$T/out/pair.mend" -p "$T/acme.pub"
ok 'of one package, again' signed --only libtwo --force --quiet
is 'that one alone' "$(<"$T/asked")" libtwo:amd64=1.2

rm "$T/out"/*
exits 1 '1 of 3 not made: broken' 'one is refused' signed
is 'what is the same is no failure' "$(grep same "$T/.out")" 'same: nothing to publish'
is 'the others are made' "$(made)" pair.mend
ok 'it is told why' grep -q 'mend-publish: broken: .*would break programs' "$T/.err"
is 'what has no library here was not fetched' "$(cut -d : -f 1 "$T/asked" | sort | tr '\n' ' ')" \
	'libbroken libone libsame libtwo '
exits 1 '2 of 3 not made: broken, pair' 'a bundle that is there stays' signed
ok 'with --force it does not' signed --only pair --force

rm "$T/out"/*
build --dry-run >"$T/plan" 2>"$T/why"
is 'a dry run ends the same way' $? 1
is 'it shows every plan' "$(grep -c '^CHANGE' "$T/plan")" 2
is 'it makes nothing' "$(made)" '*'
ok 'nothing newer' signed --only newest
is 'is told' "$(<"$T/.out")" 'nothing to publish: the security suite has no newer libraries'

# --- the services that use it ---

mkdir -p "$T/systemd/system"
# unit NAME PACKAGE [LINE…]
unit() {
	local file=$T/systemd/system/$1.service
	printf '[Service]\n%s\n' "${@:3}" >"$file"
	printf '%s: %s\n' "$2" "$file" >>"$T/units"
}
unit direct direct-bin 'ExecStart=-/bin/sh -c x'
unit 'template@' direct-bin 'ExecStart=/bin/sh'
unit once direct-bin 'Type=oneshot' 'ExecStart=/bin/sh'
unit terminal direct-bin 'ExecStart=/bin/sh' 'StandardInput=tty'
unit absent direct-bin 'ExecStart=/none/such'
unit through through-bin 'ExecStart=/bin/sh'
unit other other-bin 'ExecStart=/bin/sh'
unit no-library tool-user 'ExecStart=/bin/sh'
unit own 'libtwo:amd64, libtwo:i386' 'ExecStart=/bin/sh'
printf 'diversion by x from: %s\n' /lib/systemd/system/x.service >>"$T/units"
cat >"$T/depends" <<END
direct-bin , libc6 (>= 2), zz | libone (>= 1.0)
libbetween libone:any,
libone , libc6
libtwo , libc6
other-bin libc6, liboneself
through-bin , libbetween (= 1)
tool-user , direct-bin
END
restart() { tar xOf "$T/out/pair.mend" manifest.json | python3 -c 'import json, sys
print(*json.load(sys.stdin)["restart"])'; }
ok 'with units' signed --only pair --force
is 'what depends on it, and what does through a library' "$(restart)" 'direct.service through.service own.service'
ok 'a plan' build --only pair --dry-run
cp "$T/.out" "$T/plan"
ok 'shows them' grep -qx 'needs a restart of direct.service, through.service, own.service' "$T/plan"
ok 'none' signed --only pair --force --no-restart
is 'are named' "$(restart)" ''
for number in {1..31}; do
	unit "many$number" direct-bin 'ExecStart=/bin/sh'
done
ok 'too many' signed --only pair --force
is 'are not all named' "$(restart | wc -w)" 32

# --- what does not go ---

: >"$T/offline"
exits 3 '1 of 1 not made: pair' 'the archive is out of reach' signed --only pair
ok 'apt says why' grep -q 'apt-get: Could not resolve the host' "$T/.err"
rm "$T/offline"
: >"$T/no-suite"
exits 3 'no list of a security suite' 'a machine without one' signed
rm "$T/no-suite"
exits 2 'has to be a directory' 'a file for a directory' build -s "$T/acme.key" -o "$T/security"
exits 3 'cannot find the directory' 'no directory' build -s "$T/acme.key" -o "$T/none"
exits 2 'no other source' 'another source' signed --apt pair
exits 2 'no other source' 'a change' signed --remove x
exits 2 'makes several releases' 'a name' signed --id x
exits 2 'makes several releases' 'a waiver' signed --waive 'symbol-lost:x=y'
exits 2 '-s SECRET is missing' 'no key' build -o "$T/out"
exits 2 '--only x: goes with' 'alone' "$bin/mend-publish" build --release 1 --dry-run --apt pair --only x
is 'nothing is left of all that' "$(find "$TMPDIR" -mindepth 1 | head)" ''
