#!/bin/bash
# SPDX-License-Identifier: MIT
# limit: 180
# not sanitized
# The package manager through the mount: real packages installed, upgraded, downgraded, installed again and purged
# leave the same bytes as on the bare directory, patches or not; and a patch gives way to the package.
# soak/apt.sh does it with apt in a whole Debian.
. "${0%/*}/../lib.sh"
need_mount
need_archive
need_command dpkg-deb
. "${0%/*}/../mount.sh"

# --- packages: Debian's own, and what could be their next versions ---

# Debian 13 has another name for it.
ssl=libssl3
[[ -z $(apt-cache madison libssl3t64 2>/dev/null) ]] || ssl=libssl3t64
packages=("$ssl" libexpat1 libpam-modules zlib1g)
cache=$B/debs
mkdir -p "$cache"
fetch() {
	(cd "$cache" && timeout 60 apt-get -qq -o APT::Sandbox::User=root download "${packages[@]}")
}
have() {
	compgen -G "$cache/${packages[0]}_*.deb" && compgen -G "$cache/${packages[-1]}_*.deb"
}
if ! have >/dev/null && ! fetch >"$T/.out" 2>&1; then
	timeout 60 apt-get -qq update >"$T/.out" 2>&1
	ok 'packages of the archive' fetch || exit 1
fi

# repack PACKAGE VERSION SED: without its scripts, which would act on this machine, all of its libraries
# through the program of sed(1).
repack() {
	local dir=$T/unpacked/$1
	rm -rf "$dir"
	mkdir -p "$T/unpacked" "$T/debs"
	dpkg-deb -R "$(compgen -G "$cache/$1_*.deb" | head -n 1)" "$dir"
	find "$dir/DEBIAN" -mindepth 1 ! -name control ! -name shlibs -delete
	sed -i -e "s/^Version: .*/Version: $2/" -e '/^\(Pre-\)\?Depends:/d' "$dir/DEBIAN/control"
	if [[ $2 == 3 ]]; then
		find "$dir" -name '*.so*' -type f -exec sed -i 's/e/E/' {} +
		[[ $1 != zlib1g ]] || { mkdir -p "$dir/usr/lib/later" && echo 'of version 3' >"$dir/usr/lib/later/added"; }
	elif [[ $2 == 2 ]]; then
		find "$dir" -name '*.so*' -type f -exec sed -i '$ s/$/fixed/' {} +
	fi
	find "$dir" -exec touch -h -d '2020-01-0'"$2" {} +
	(cd "$dir" && find usr lib -type f -exec md5sum {} + >DEBIAN/md5sums 2>/dev/null)
	dpkg-deb -b -Zgzip -z1 "$dir" "$T/debs/$1_$2.deb"
}
for package in "${packages[@]}"; do
	for version in 1 2 3; do
		repack "$package" $version >"$T/.out" 2>&1 || bail "version $version of $package"
	done
done
rm -rf "$T/unpacked"

# --- two roots, one with the mount ---

for root in "$P/bare" "$P/root"; do
	mkdir -p "$root"/var/lib/dpkg/{info,updates} "$root"/{etc,usr/lib}
	: >"$root/usr/lib/of-no-package" # so that a purge of all leaves the directory
	ln -s usr/lib "$root/lib"
	: >"$root/var/lib/dpkg/status"
done
M=$P/root/usr/lib
mkdir "$P/base" && mount --bind "$M" "$P/base"
mount_mendfs "$M" --as /usr/lib

dpkg_in() { # ROOT ARGS…
	dpkg --root="$1" --force-depends --force-downgrade --force-not-root --no-triggers "${@:2}"
}
in_both() { # TEXT ARGS…
	dpkg_in "$P/bare" "${@:2}" >"$T/.bare" 2>&1 || fail "$1, bare"
	ok "$1" dpkg_in "$P/root" "${@:2}"
}
same_roots() {
	ok "$1: the same tree" "$python" "$tests_dir/fuse/differential.py" trees "$P/bare/usr" "$P/root/usr"
}
debs() { # VERSION
	printf "$T/debs/%s_$1.deb\n" "${packages[@]}"
}
mapfile -t first < <(debs 1)
mapfile -t third < <(debs 3)

in_both 'install' -i "${first[@]}"
same_roots 'installed'
is 'dpkg --verify has nothing to say' "$(dpkg_in "$P/root" --verify 2>&1)" ''
in_both 'upgrade' -i "${third[@]}"
same_roots 'upgraded'
in_both 'downgrade' -i "${first[@]}"
same_roots 'downgraded'
in_both 'reinstall' -i "${first[@]}"
same_roots 'installed again'
is 'dpkg --verify has still nothing to say' "$(dpkg_in "$P/root" --verify 2>&1)" ''
for root in "$P/bare" "$P/root"; do
	mkdir -p "$root/var/cache/ldconfig"
	ok "ldconfig -r $root" ldconfig -r "$root"
done
ok 'gives the same cache' cmp "$P/bare/etc/ld.so.cache" "$P/root/etc/ld.so.cache"

# --- a patch in the way ---

library=$(cd "$M" && find . -name 'libssl.so.3' -printf '%P')
expat=$(cd "$M" && find . -name 'libexpat.so.1.*' -type f -printf '%P')
# From usr/lib or lib: packages name either.
dpkg-deb --fsys-tarfile "$T/debs/${ssl}_2.deb" | tar -xO --wildcards "*/$library" >"$T/fixed"
dpkg-deb --fsys-tarfile "$T/debs/libexpat1_2.deb" | tar -xO --wildcards "*/$expat" >"$T/fixed.expat"
bundle fix fix 1 /usr/lib --base-dir "$P/bare/usr/lib" --waive "half-set:$library=the same code" \
	--replace "$library=$T/fixed" --replace "$expat=$T/fixed.expat" \
	--add later/added="$T/fixed"
install fix
state_of() { # PATH
	status_of "$M" "[t['state'] for r in s['releases'] for t in r['targets'] if t['path'] == '$1'][0]"
}
state_is() {
	[[ $(state_of "$1") == "$2" ]]
}
served() { # PATH FILE
	cmp "$M/$1" "$2"
}
ok 'the patch is served' served "$library" "$T/fixed"
is 'dpkg --verify tells of it' "$(dpkg_in "$P/root" --verify 2>&1 | grep -c "$library\|$expat")" 2

ok 'the package with the fix' dpkg_in "$P/root" -i "$T/debs/${ssl}_2.deb"
is 'is served at once, from the base' "$(stat -c %i "$M/$library")" "$(stat -c %i "$P/base/$library")"
dpkg_in "$P/bare" -i "$T/debs/${ssl}_2.deb" >"$T/.out" 2>&1
ok 'with the same bytes' cmp "$M/$library" "$P/bare/usr/lib/$library"
ok 'superseded' eventually 5 state_is "$library" superseded
ok 'the other file of the patch is as it was' served "$expat" "$T/fixed.expat"
ok 'a package of another version' dpkg_in "$P/root" -i "$T/debs/libexpat1_3.deb"
dpkg_in "$P/bare" -i "$T/debs/libexpat1_3.deb" >"$T/.out" 2>&1
ok 'is served at once' cmp "$M/$expat" "$P/bare/usr/lib/$expat"
ok 'drifted' eventually 5 state_is "$expat" drifted
ok 'what only the patch had is shipped by a package' dpkg_in "$P/root" -i "$T/debs/zlib1g_3.deb"
is 'and is the package'"'"'s now' "$(<"$M/later/added")" 'of version 3'
dpkg_in "$P/bare" -i "$T/debs/zlib1g_3.deb" >"$T/.out" 2>&1
same_roots 'with all of it upgraded'
is 'dpkg --verify is content' "$(dpkg_in "$P/root" --verify 2>&1)" ''
in_both 'back to what the patch was made for' -i "${first[@]}"
ok 'the patch is back' eventually 5 served "$library" "$T/fixed"
ok 'all of it' eventually 5 served "$expat" "$T/fixed.expat"

ok 'deactivated' mendctl revert --quiet
same_roots 'without a patch'
in_both 'purge' --purge "${packages[@]}"
same_roots 'purged'
unmount_mendfs "$M"
ok 'without the mount: the same tree' "$python" "$tests_dir/fuse/differential.py" trees "$P/bare/usr" "$P/root/usr"
