#!/bin/bash
# SPDX-License-Identifier: MIT
# What the security suite of Debian's archive has newer than this machine becomes patches, with one
# command: of libexpat1, which is made to be an older one here, and of OpenSSL where it is older.
# limit: 180
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"
need_command dpkg-deb
need_command apt-get
need_archive

mirror=$("${tests_dir%/*}/.ci/mirror")
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
[[ -n $suite ]] || skip 'no suite of Debian'
mkdir -p "$T"/apt/{lists,cache}/partial "$T/tmp" "$T/out"
chmod 755 "$T" "$T/apt"
keys='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
printf '%s\n' "deb $keys $mirror $suite main" \
	"deb $keys ${mirror%/debian}/debian-security $suite-security main" >"$T/apt/sources"
cat >"$T/apt/conf" <<END
APT::Sandbox::User "root";
Acquire::Languages "none";
Dir::Etc::SourceList "$T/apt/sources";
Dir::Etc::SourceParts "/dev/null";
Dir::State::Lists "$T/apt/lists";
Dir::Cache "$T/apt/cache";
END
export APT_CONFIG=$T/apt/conf TMPDIR=$T/tmp
timeout 100 apt-get -qq update >"$T/apt.log" 2>&1

# --- this machine has the older libexpat1 ---

arch=$(dpkg --print-architecture)
# version SUITE: the newest there
version() {
	apt-cache madison "libexpat1:$arch" | awk -F ' *[|] *' -v part=" $1/" 'index($3, part) { print $2; exit }'
}
old=$(version "$suite") new=$(version "$suite-security")
if [[ -z $old || -z $new ]] || dpkg --compare-versions "$old" ge "$new"; then
	skip "the security suite has no newer libexpat1: $old, $new"
fi
dpkg-query -W "libexpat1:$arch" >/dev/null 2>&1 || skip 'libexpat1 is not installed'
library=$(dpkg-query -L "libexpat1:$arch" | grep '/libexpat\.so\.1$')
file=$(readlink -f "$library")
(cd "$T/apt" && timeout 60 apt-get -qq download "libexpat1:$arch=$old") >"$T/apt.log" 2>&1 ||
	bail 'apt fetches the old one'
dpkg-deb -x "$T"/apt/libexpat1_*.deb "$T/old"
of_old=$(find "$T/old" -name "${file##*/}" -type f)
[[ -n $of_old ]] || skip "the old libexpat1 has no ${file##*/}"
mount --bind "$of_old" "$file"
sed "/^Package: libexpat1$/,/^$/s/^Version: .*/Version: $old/" /var/lib/dpkg/status >"$T/status"
mount --bind "$T/status" /var/lib/dpkg/status
printf '# libexpat1: %s, where the suite has %s\n' "$old" "$new"

# --- one command ---

publisher us
security() {
	timeout 100 "$bin/mend-publish" build --apt-security --release 1 --only expat --only openssl "$@"
}
ok 'a dry run' security --dry-run
cp "$T/.out" "$T/plan"
explain "$T/plan"
ok 'shows the new version' \
	grep -Eq "^replace .*libexpat\.so\.1.* libexpat1 ${old//+/.} +libexpat1 ${new//+/.}, " "$T/plan"
ok 'names what is fixed' grep -Eq '^fixes CVE-[0-9]+-[0-9]+' "$T/plan"
: >"$T/out/expat.mend"
exits 1 'not made: expat' 'a bundle that is there is refused' security -s "$T/us.key" -o "$T/out"
others=$(grep -c '^CHANGE' "$T/plan")
is 'the others are made' "$(find "$T/out" -name '*.mend' -size +1k | wc -l)" $((others - 1))
ok 'with --force it is replaced' security -s "$T/us.key" -o "$T/out" --force
for bundle in "$T/out"/*.mend; do
	ok "${bundle##*/} is good" "$bin/mend-publish" verify "$bundle" -p "$T/us.pub"
done
"$bin/mend-publish" inspect "$T/out/expat.mend" --json >"$T/shown"
is 'it is for the package that is installed' "$("$python" -c 'import json, sys
m = json.load(open(sys.argv[1]))["manifest"]
print({(b["package"], b["version"]) for t in m["targets"] for b in t["base"]})' "$T/shown")" "{('libexpat1', '$old')}"
is 'nothing is left' "$(find "$TMPDIR" -mindepth 1 | head)" ''
umount "$file" /var/lib/dpkg/status
