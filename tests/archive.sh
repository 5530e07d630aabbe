# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What tests with Debian's archive share, sourced after need_archive.
# shellcheck disable=SC2154 # what lib.sh sets

# apt of our own, not to touch the machine's: this suite, $suite, and more of it, such as "testing".
# own_apt [SUITE…]
# shellcheck disable=SC2120 # some have none
own_apt() {
	local mirror keys='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]' more
	mirror=$("${tests_dir%/*}/.ci/mirror")
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	[[ -n $suite ]] || skip 'no suite of Debian'
	mkdir -p "$T"/apt/{lists,cache}/partial "$T/tmp"
	chmod 755 "$T" "$T/apt"
	for more in "$suite" "$@"; do
		printf 'deb %s %s %s main\n' "$keys" "$mirror" "$more"
	done >"$T/apt/sources"
	printf 'deb %s %s-security %s-security main\n' "$keys" "$mirror" "$suite" >>"$T/apt/sources"
	cat >"$T/apt/conf" <<-END
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Dir::Etc::SourceList "$T/apt/sources";
		Dir::Etc::SourceParts "/dev/null";
		Dir::State::Lists "$T/apt/lists";
		Dir::Cache "$T/apt/cache";
	END
	export APT_CONFIG=$T/apt/conf TMPDIR=$T/tmp
	arch=$(dpkg --print-architecture)
	timeout 150 apt-get -qq update >"$T/apt.log" 2>&1
}

# newest_in SUITE PACKAGE: its version
newest_in() {
	apt-cache madison "$2:$arch" | awk -F ' *[|] *' -v part=" $1/" 'index($3, part) { print $2; exit }'
}

# In this mount namespace the machine has the suite's libexpat1, $old, where the security suite has
# $new; $library is its file.
age_libexpat() {
	local link
	old=$(newest_in "$suite" libexpat1) new=$(newest_in "$suite-security" libexpat1)
	if [[ -z $old || -z $new ]] || dpkg --compare-versions "$old" ge "$new"; then
		skip "the security suite has no newer libexpat1: '$old', '$new'"
	fi
	dpkg-query -W "libexpat1:$arch" >/dev/null 2>&1 || skip 'libexpat1 is not installed'
	link=$(dpkg-query -L "libexpat1:$arch" | grep '/libexpat\.so\.1$')
	library=$(readlink -f "$link")
	(cd "$T/apt" && timeout 60 apt-get -qq download "libexpat1:$arch=$old") >"$T/apt.log" 2>&1 ||
		bail 'apt fetches the old one'
	dpkg-deb -x "$T"/apt/libexpat1_*.deb "$T/aged"
	link=$(find "$T/aged" -name "${library##*/}" -type f)
	[[ -n $link ]] || skip "the old libexpat1 has no ${library##*/}"
	mount --bind "$link" "$library"
	sed "/^Package: libexpat1$/,/^$/s/^Version: .*/Version: $old/" /var/lib/dpkg/status >"$T/status"
	mount --bind "$T/status" /var/lib/dpkg/status
	printf '# libexpat1: %s, where the suite has %s\n' "$old" "$new"
}
