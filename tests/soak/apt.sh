#!/bin/bash
# SPDX-License-Identifier: MIT
# limit: 3600
# apt in a whole Debian with the mount on its /usr/lib, beside the same Debian without: packages installed, removed
# and installed again, among them those that everything runs on. The trees are the same afterwards, and
# dpkg --verify is content. The Debian is kept in the build directory.
. "${0%/*}/../lib.sh"
need_mount
need_archive
need_command debootstrap
. "${0%/*}/../mount.sh"

mirror=$("${tests_dir%/*}/.ci/mirror")
debian=$B/debian
if [[ ! -d $debian ]]; then
	rm -rf "$debian.new"
	ok 'a minimal Debian' timeout 1200 debootstrap --variant=minbase stable "$debian.new" "$mirror" || exit 1
	# No service starts in it, and ext4's journal need not be asked for every file.
	printf '#!/bin/sh\nexit 101\n' >"$debian.new/usr/sbin/policy-rc.d"
	chmod 755 "$debian.new/usr/sbin/policy-rc.d"
	mv "$debian.new" "$debian"
fi
mkdir "$P/base"
for root in bare mounted; do
	cp -a "$debian" "$P/$root"
	cp /etc/resolv.conf "$P/$root/etc/resolv.conf"
	cp /etc/hosts "$P/$root/etc/hosts"
	mount -t proc proc "$P/$root/proc"
	mount --rbind /dev "$P/$root/dev"
done
M=$P/mounted/usr/lib
mount --bind "$M" "$P/base"
mount_mendfs "$M" --as /usr/lib

within() { # ROOT CMD…
	timeout 900 chroot "$P/$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C \
		"${@:2}"
}
in_both() { # TEXT CMD…
	ok "$1: bare" within bare "${@:2}"
	ok "$1: mounted" within mounted "${@:2}"
	same_trees "$1"
}
# Below usr/lib all of it. Python's own compiled files carry the time of their making; what a patch brings is
# compared apart.
library=-
same_trees() {
	"$python" "$tests_dir/fuse/differential.py" trees "$P/bare/usr/lib" "$M" |
		grep -v "__pycache__\|^$library: \|^\$" >"$T/trees"
	ok "$1: the same tree" test ! -s "$T/trees" || explain "$T/trees"
	ok "$1: and in the base" diff -r --no-dereference --exclude=__pycache__ "$P/bare/usr/lib" "$P/base"
	cmp -s "$P/bare/etc/ld.so.cache" "$P/mounted/etc/ld.so.cache" || fail "$1: the same ld.so.cache"
}
verified() {
	is "$1: dpkg --verify" "$(within mounted dpkg --verify 2>&1)" "$(within bare dpkg --verify 2>&1)"
}
get() {
	in_both "$1" apt-get -qq -o Dpkg::Use-Pty=0 --no-install-recommends "${@:2}"
}

for root in bare mounted; do
	ok "apt-get update: $root" within $root apt-get -qq update
done
get 'install' -y install libssl3 openssl python3-minimal python3 systemd debsums
verified 'installed'
ok 'debsums is content' within mounted debsums --silent
get 'upgrade' -y dist-upgrade
get 'reinstall' -y install --reinstall libssl3 libc6 libc-bin python3-minimal systemd libpam-modules perl-base dpkg apt
verified 'installed again'
ok 'programs run' within mounted python3 -c 'import ssl, json'

# --- a patch in the way ---

library=$(cd "$P/base" && find . -name libcrypto.so.3 -printf '%P')
{ cat "$P/base/$library" && echo fixed; } >"$T/fixed"
bundle fix fix 1 /usr/lib --base-dir "$P/base" --waive "half-set:$library=the same code" \
	--replace "$library=$T/fixed"
install fix
ok 'the patch is served' cmp "$M/$library" "$T/fixed"
ok 'programs run with it' within mounted openssl version
get 'other packages come and go' -y install file gdbm-l10n less
ok 'the patch is as it was' cmp "$M/$library" "$T/fixed"
ok 'its package once more' within mounted apt-get -qq -y install --reinstall libssl3
ok 'the patch is still for it' eventually 5 cmp "$M/$library" "$T/fixed"
mendctl revert --quiet >"$T/.out" 2>&1

get 'purge' -y purge file less gdbm-l10n python3 python3-minimal openssl
get 'what nobody needs' -y autoremove --purge
verified 'purged'
unmount_mendfs "$M"
ok 'the whole system without the mount' within mounted dpkg --audit
