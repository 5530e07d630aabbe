#!/bin/bash
# SPDX-License-Identifier: MIT
# What was built is what was promised: how the programs are linked, what is in them, and that
# install, uninstall, dist and help do what they say.
# limit: 180
# not sanitized
. "${0%/*}/../lib.sh"

cd "${0%/*}/../.." || bail "the tree is there"
# As whoever built it called it, or all would be built again under another name.
build=$(realpath --relative-to=. "$B")
make_() { make -s --no-print-directory MAKEFLAGS= KEEP=1 B="$build" "$@"; }

# --- how they are linked ---

no_interpreter() { ! readelf -lW "$1" | grep -q INTERP && ! readelf -dW "$1" | grep -q NEEDED; }
is_pie() { readelf -hW "$1" | grep -q 'Type: *DYN'; }
is_relro() { readelf -lW "$1" | grep -q GNU_RELRO && readelf -dW "$1" | grep -Eq 'BIND_NOW|NOW'; }
no_exec_stack() { readelf -lW "$1" | grep GNU_STACK | grep -q 'RW '; }
no_writable_code() { ! readelf -lW "$1" | grep LOAD | grep -q 'RWE'; }
# Names that the program, or an object file, takes from outside.
wants() { nm -u "$1" 2>/dev/null | sed -E 's/^ *[Uw] //; s/@.*//'; }
has_no() { ! grep -E "$2" <<<"$1" | grep .; }

for program in mendfs mendctl mend-publish; do
	[[ -x $bin/$program ]] || continue
	ok "$program is a position-independent executable" is_pie "$bin/$program"
	ok "$program has no executable stack" no_exec_stack "$bin/$program"
	ok "$program has no writable code" no_writable_code "$bin/$program"
	ok "$program binds before it runs" is_relro "$bin/$program"
done

if [[ -x $bin/mendfs ]]; then
	ok "mendfs is static: it opens no library through its own mount" no_interpreter "$bin/mendfs"
	# These would read /usr/lib/…/libnss_*.so from inside the mount.
	ok "mendfs looks up no users and no hosts" has_no "$(nm "$bin/mendfs" | awk '{ print $NF }')" \
		'^(getpwnam|getpwuid|getgrnam|getgrgid|initgroups|getaddrinfo|gethostbyname)(_r)?$'
	ok "mendfs decompresses nothing and fetches nothing" \
		has_no "$(wants "$B/bin/mendfs"; nm "$B"/obj/mendfs/*.o)" 'ZSTD_|curl_'
fi
if [[ -x $bin/mendctl ]]; then
	needed=$(readelf -dW "$bin/mendctl" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p')
	ok "mendctl links no libfuse and no libcurl" has_no "$needed" 'fuse|curl'
fi
# Not only by its source: no object outside the publisher's tool asks for a signing function.
others=$(for file in "$B"/obj/{lib,mendfs,mendctl}/*.o; do [[ ! -e $file ]] || wants "$file"; done)
ok "only mend-publish can sign" has_no "$others" \
	'^crypto_sign(_ed25519)?(_detached|_keypair|_seed_keypair|_final_create)?$'

# --- install, uninstall ---

there() { [[ -e $1 || -L $1 ]]; }
ok "make install" make_ install DESTDIR="$T/root" PREFIX=/usr
files() { (cd "$1" && find . ! -type d | sort); }
for program in sbin/mendfs sbin/mendctl bin/mend-publish; do
	[[ ! -x $bin/${program#*/} ]] ||
		is "$program is installed" "$(stat -c %a "$T/root/usr/$program")" 755
done
[[ ! -x $bin/mendfs ]] || is "mount.fuse.mendfs is mendfs" \
	"$(readlink "$T/root/usr/sbin/mount.fuse.mendfs")" mendfs
for page in man/*.[1-8]; do
	[[ -e $page ]] || continue
	ok "${page#man/} is installed" there "$T/root/usr/share/man/man${page##*.}/${page#man/}"
done
ok "the directory for publishers' keys is there" there "$T/root/etc/mendfs/keys.d"
is "no file is writable by everybody" "$(find "$T/root" ! -type l -perm /022)" ""

ok "make install elsewhere" make_ install DESTDIR="$T/local" PREFIX=/opt/mendfs
is "units name the programs where they are" \
	"$(grep -rhoE '/usr/s?bin/mend[a-z-]*' "$T/local/opt/mendfs/lib/systemd" | sort -u)" ""

echo mine >"$T/root/etc/mendfs/keys.d/mine.pub"
ok "make uninstall" make_ uninstall DESTDIR="$T/root" PREFIX=/usr
is "nothing is left but the administrator's own" "$(files "$T/root")" ./etc/mendfs/keys.d/mine.pub
ok "make uninstall elsewhere" make_ uninstall DESTDIR="$T/local" PREFIX=/opt/mendfs
is "nothing is left" "$(files "$T/local")" ""

# --- dist, help ---

if git rev-parse -q --verify HEAD >/dev/null 2>&1; then
	version=$(sed -n 's/^VERSION := //p' Makefile)
	make_dist() { make -s --no-print-directory MAKEFLAGS= B="$T/dist" dist; }
	ok "make dist" make_dist
	mv "$T/dist/mendfs-$version.tar.xz" "$T/first.tar.xz"
	ok "make dist again" make_dist
	ok "gives the same bytes" cmp "$T/first.tar.xz" "$T/dist/mendfs-$version.tar.xz"
	is "with everything that is in git" \
		"$(tar -tJf "$T/first.tar.xz" | sed "s,^mendfs-$version/,," | grep -v '/$' | sort | grep .)" \
		"$(git ls-tree -r --name-only HEAD | sort)"
fi

help=$(make_ help)
for target in all deps check demo install uninstall clean dist lint sanitize analyze fuzz bench soak
do
	word="make $target"
	[[ $target != all ]] || word='make '
	ok "make help tells of $target" grep -q "^$word " <<<"$help"
done

# --- built once ---

[[ ! -x $bin/mendctl ]] || is "building again builds nothing" "$(make_ all)" ""
