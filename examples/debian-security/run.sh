#!/bin/bash
# SPDX-License-Identifier: MIT
# From apt to patched to reverted: what Debian's security archive has newer than this machine, as
# signed hot patches over the real /usr/lib. It runs in a mount namespace of its own: no other program
# on the machine sees the mount, nothing is installed, and it is gone when the script ends.
#
#	sudo examples/debian-security/run.sh [PACKAGE…]
#
# Read README.md along with what it prints: every command that is shown is one you could type.
set -eu
here=$(cd "${0%/*}" && pwd)
build=${MENDFS_BUILD:-${here%/*/*}/build}

if [[ -z ${MENDFS_DEMO:-} ]]; then
	if [[ $(id -u) != 0 || ! -c /dev/fuse ]]; then
		echo 'run.sh: mounting needs root and /dev/fuse' >&2
		exit 3
	fi
	MENDFS_DEMO=$(mktemp -d "${TMPDIR:-/tmp}/sec.XXXXXX")
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
exec 3>&1 # what is shown is also seen when the output goes into a file
show() {
	printf '$ %s\n' "$*" >&3
	"$@"
}
die() {
	echo "run.sh: $*" >&2
	exit 1
}

# Sources whose libraries most machines have; without --only it would be everything.
only=()
for package in "${@:-openssl expat libpng1.6 xz-utils}"; do
	for name in $package; do
		only+=(--only "$name")
	done
done

step 1. What the security archive has newer than this machine
# Without -s and -o: nothing is made yet. apt may only read where _apt may.
chmod 755 .
refused=0
show mend-publish build --apt-security --dry-run --release 1 "${only[@]}" >plan || refused=$?
cut -c "1-${COLUMNS:-100}" plan
if ! grep -q '^CHANGE' plan; then
	echo 'There is nothing to mend. Is the list of packages old? See apt-get update.'
	exit "$refused"
fi

step 2. The publisher makes a key, and a signed bundle of each
show mend-publish keygen -s publisher.key -p publisher.pub --no-password
mkdir bundles
# What would break programs is told, and not made; the others are.
show mend-publish build --apt-security -s publisher.key -o bundles --release 1 "${only[@]}" || :
set -- bundles/*.mend
[[ -e $1 ]] || die 'all of it was refused'
for bundle; do
	stat -c '%s bytes: %n' "$bundle"
done

step 3. The administrator trusts that publisher, and mounts mendfs over /usr/lib
show mendctl keys add publisher.pub --name publisher
show mendfs /usr/lib

step 4. All of it goes in with one switch. No package is installed, and nothing is started again
file=/usr/lib/$(mend-publish inspect "$1" | awk '$1 == "replace" { print $NF; exit }')
before=$(b2sum -l 256 "$file")
echo "before: $before"
show mendctl install "$@"
after=$(b2sum -l 256 "$file")
echo "now:    $after"
[[ $before != "$after" ]] || die "$file is what it was"

step 5. What is active, for people, for scanners, and for those who ask a file
show mendctl list
show mendctl sbom >sbom.json
echo "$(grep -o '"purl": *"[^"]*"' sbom.json | sort -u | wc -l) package URLs, $(grep -c '"analysis"' sbom.json) CVEs"
show mendctl verify

step 6. And out again
show mendctl revert
[[ $(b2sum -l 256 "$file") == "$before" ]] || die "$file did not come back"
echo "again:  $before"
show mendctl history
# Lazily: umount itself has its libraries from below /usr/lib, which makes the mount busy.
show umount -l /usr/lib
