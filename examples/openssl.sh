#!/bin/bash
# SPDX-License-Identifier: MIT
# A walk-through on the real thing: this machine's libssl and libcrypto are patched to the newest that
# Debian has, without installing a package, and put back. It runs in a mount namespace of its own: no
# other program on the machine sees the mount, and it is gone when the script ends.
#
#	sudo examples/openssl.sh [LIBSSL.deb]
#
# Read it along with what it prints: every command that is shown is one you could type.
set -eu
here=$(cd "${0%/*}" && pwd)
build=${MENDFS_BUILD:-${here%/*}/build}

if [[ -z ${MENDFS_DEMO:-} ]]; then
	if [[ $(id -u) != 0 || ! -c /dev/fuse ]]; then
		echo 'openssl.sh: mounting needs root and /dev/fuse' >&2
		exit 3
	fi
	[[ $# == 0 ]] || set -- "$(realpath "$1")"
	MENDFS_DEMO=$(mktemp -d "${TMPDIR:-/tmp}/ssl.XXXXXX")
	export MENDFS_DEMO
	exec unshare -m --propagation private bash "$0" "$@"
fi

cd "$MENDFS_DEMO"
export PATH="$build/bin:$PATH"
# All of mendfs's own state in the scratch directory, instead of /var/lib, /etc and /run.
export MENDFS_STORE=$PWD/store MENDFS_CONFIG=$PWD/config MENDFS_RUN=$PWD/run

clean() {
	local status=$?
	trap - EXIT
	cd /
	if findmnt -n -t fuse.mendfs --mountpoint /usr/lib >/dev/null; then
		umount -l /usr/lib || :
	fi
	rm -rf --one-file-system "$MENDFS_DEMO"
	exit "$status"
}
trap clean EXIT
trap 'exit 130' INT TERM

step() { printf '\n# %s\n' "$*"; }
show() {
	local word line=''
	for word; do
		[[ $word != *[[:space:]]* ]] || word="'$word'"
		[[ $word != --replace ]] || line+=$' \\\n   '
		line+=" $word"
	done
	printf '$%s\n' "$line"
	"$@"
}
die() {
	echo "openssl.sh: $*" >&2
	exit 1
}

step 1. What is installed, and what Debian has by now
libssl=$(ldconfig -p | awk '/libssl\.so\.3 .*(x86-64|AArch64)/ { print $NF; exit }')
[[ -n $libssl ]] || die 'there is no libssl.so.3 on this machine'
libssl=$(readlink -f "$libssl")
libs=${libssl%/*}
package=$(dpkg -S "$libssl" | cut -d: -f1)
installed=$(dpkg-query -Wf '${Version}' "$package:$(dpkg --print-architecture)")
if [[ $# == 0 ]]; then
	# apt may only read where _apt may.
	chmod 755 .
	show apt-get -qq -o APT::Sandbox::User=root download "$package"
	set -- "$(printf '%s\n' "$PWD/$package"_*.deb)"
fi
fixed=$(dpkg-deb -f "$1" Version)
show dpkg-deb -x "$1" new
echo "installed: $package $installed; from Debian: $fixed"
if dpkg --compare-versions "$fixed" le "$installed"; then
	echo "There is nothing to mend: this machine has the newest already."
	echo "Give a newer package, $package of another release for one, to see it done."
	exit 0
fi

step 2. The publisher makes a key, and a signed bundle of what changed
show mend-publish keygen -s publisher.key -p publisher.pub --no-password
targets=()
while IFS= read -r file; do
	path=${file#new/usr/lib/}
	if [[ -f /usr/lib/$path && ! -L /usr/lib/$path ]] && ! cmp -s "$file" "/usr/lib/$path"; then
		targets+=(--replace "$path=$file" --fixed-in "$path=$package=$fixed")
	fi
done < <(find new/usr/lib -type f -name '*.so*' | sort)
[[ ${#targets[@]} -gt 0 ]] || die "$fixed has the same libraries as $installed"
show mend-publish build -s publisher.key -o openssl-a.mend --id openssl --release 1 \
	--title "OpenSSL $fixed" --severity high "${targets[@]}"
show mend-publish inspect openssl-a.mend
stat -c '%s bytes: %n' openssl-a.mend "$1"

step 3. The administrator trusts that publisher, and mounts mendfs over /usr/lib
show mendctl keys add publisher.pub --name publisher
show mendfs /usr/lib
show openssl version

step 4. The fix goes in. No package is installed, and nothing is started again
# A process that has the old library already: it keeps it.
openssl speed -seconds 20 sha256 >/dev/null 2>&1 &
old=$!
sleep 0.5
show mendctl install openssl-a.mend
show openssl version
[[ $(openssl version) == *"Library: OpenSSL ${fixed%%-*} "* ]] ||
	die "the new library is not what openssl loaded"
show mendctl status

step 5. Who has what: the old process and a new one
openssl speed -seconds 20 sha256 >/dev/null 2>&1 &
new=$!
sleep 0.5
for pid in $old $new; do
	awk -v pid="$pid" '/libcrypto/ && $2 ~ /x/ { print "pid " pid ": inode " $5 ", " $6; exit }' \
		"/proc/$pid/maps"
done
kill $old $new
wait 2>/dev/null || :

step 6. And out again
show mendctl revert
show openssl version
[[ $(openssl version) != *"Library: OpenSSL ${fixed%%-*} "* ]] || die "the base did not come back"
show mendctl history
# Lazily: umount itself has its libraries from below /usr/lib, which makes the mount busy.
show umount -l /usr/lib
show dpkg --verify "$package"
echo "The base was never touched: dpkg finds every file of $package as it was installed (in $libs)."
