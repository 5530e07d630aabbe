#!/bin/bash
# SPDX-License-Identifier: MIT
# What Debian ships as an update of a library breaks nothing, says the gate, of every pair of versions
# that the archive offers; half of such an update does.
# limit: 300
# not sanitized
. "${0%/*}/../lib.sh"
need_command dpkg-deb
need_archive
publish=$bin/mend-publish
arch=$(dpkg --print-architecture)
lists=()

# Debian 13 has another name for it.
ssl=libssl3
[[ -z $(apt-cache madison "libssl3t64:$arch" 2>/dev/null) ]] || ssl=libssl3t64
if [[ -z $(apt-cache madison "$ssl:$arch") ]]; then
	mkdir -p "$T"/apt/{lists,cache}/partial
	lists=(-o "Dir::State::Lists=$T/apt/lists" -o "Dir::Cache=$T/apt/cache")
	timeout 120 apt-get -qq -o APT::Sandbox::User=root "${lists[@]}" update >"$T/apt.log" 2>&1
fi

# unpack PACKAGE VERSION DIR: its files as in a system where /lib is a symlink.
unpack() {
	mkdir -p "$3/usr/lib" "$T/deb"
	ln -s usr/lib "$3/lib"
	(cd "$T/deb" && rm -f ./*.deb && timeout 60 apt-get -qq -o APT::Sandbox::User=root "${lists[@]}" \
		download "$1:$arch=$2" >"$T/apt.log" 2>&1) || return 1
	dpkg-deb --fsys-tarfile "$T"/deb/*.deb | tar -x -C "$3" --keep-directory-symlink
}

# changes OLD NEW: sets `changes` to the options that make the libraries of OLD those of NEW.
changes() {
	local old=$1/usr/lib new=$2/usr/lib file
	changes=()
	while IFS= read -r file; do
		if [[ -L $new/$file ]]; then
			[[ $(readlink "$old/$file") == "$(readlink "$new/$file")" ]] ||
				changes+=(--symlink "$file=$(readlink "$new/$file")")
		elif [[ ! -e $old/$file ]]; then
			changes+=(--add "$file=$new/$file")
		elif ! cmp -s "$old/$file" "$new/$file"; then
			changes+=(--replace "$file=$new/$file")
		fi
	done < <(cd "$new" && find . -name '*.so*' ! -type d -printf '%P\n' | sort)
}

publisher pub
build() { # PACKAGE CHANGES…
	"$publish" build -s "$T/pub.key" -o "$T/p.mend" --force --id "$1" --release 1 --base-dir "$T/$1.old/usr/lib" "${@:2}"
}
verdict() {
	"$publish" check --json --base-dir "$T/$1.old/usr/lib" "$T/p.mend" | sed 's/.*"verdict":"\([a-z]*\)"}$/\1/'
}

for package in "$ssl" libexpat1 zlib1g libpng16-16; do
	mapfile -t versions < <(apt-cache "${lists[@]}" madison "$package:$arch" | awk '{ print $3 }' | sort -uV)
	if [[ ${#versions[@]} -lt 2 ]]; then
		printf '# %s: the archive has one version\n' "$package"
		continue
	fi
	from=${versions[0]} to=${versions[-1]}
	if ! unpack "$package" "$from" "$T/$package.old" || ! unpack "$package" "$to" "$T/$package.new"; then
		fail "$package: $from and $to come from the archive"
		explain "$T/apt.log"
		continue
	fi
	changes "$T/$package.old" "$T/$package.new"
	ok "$package: $from to $to breaks nothing" build "$package" "${changes[@]}" || continue
	found=$(verdict "$package")
	ok "$package: check says so, too ($found)" test "$found" != breaks
	mapfile -t both < <(printf '%s\n' "${changes[@]}" | grep '\(libssl\|libcrypto\)\.so')
	[[ $package == "$ssl" && ${#both[@]} == 2 ]] || continue
	for half in "${both[@]}"; do
		name=${half%%=*}
		exits 1 'half-set' "${name##*/} without the other is half of a pair" build "$ssl" --replace "$half"
		exits 0 'half-set: waived' 'which somebody may answer for' build "$ssl" --replace "$half" \
			--waive "half-set:$name=tried and found good"
	done
done
