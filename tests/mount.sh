# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What tests of a running mount share, sourced after need_mount.
# shellcheck disable=SC2154 # what lib.sh sets

# $P is a part of the scratch directory that every user can reach, under a name short enough for the
# control socket that is called after a mount below it.
P=/mnt
mkdir -p "$T/public" && chmod 755 "$T/public"
mount --bind "$T/public" $P || bail "a bind mount on $P"

# The system's own, not the first of PATH: it has to start below a mount of /usr/lib.
python=/usr/bin/python3
[[ -x $python ]] || python=$(command -v python3)

# bundle NAME ID RELEASE ROOT ARGS…: $T/NAME.mend, signed by the publisher `us`.
bundle() {
	[[ -e $T/us.key ]] || { publisher us && trust us; }
	if ! timeout 30 "$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/$1.mend" --id "$2" \
		--release "$3" --root "$4" "${@:5}" >"$T/.out" 2>&1; then
		fail "builds $1.mend"
		explain "$T/.out"
		exit 1
	fi
}

# mendctl ARGS…, never waiting for ever.
mendctl() {
	timeout 30 "$bin/mendctl" "$@"
}

# install NAME…: bundles of $T, made live.
install() {
	local name files=()
	for name; do
		files+=("$T/$name.mend")
	done
	if ! mendctl install --quiet "${files[@]}" >"$T/.out" 2>&1; then
		fail "installs $*"
		explain "$T/.out"
		exit 1
	fi
}

# status_of DIR EXPRESSION: of its status file, a Python expression over `s`.
status_of() {
	"$python" -c 'import json, sys
s = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$MENDFS_RUN/$(control_name "$1").json" "$2"
}
control_name() {
	systemd-escape --path "$1" 2>/dev/null || sed 's,^/,,; s,-,\\x2d,g; s,/,-,g' <<<"$1"
}

# Sets supervisor, worker and standby, for the one mount of a test; '' for one that is not there.
family() {
	local pid name
	supervisor='' worker='' standby=''
	find_left
	for pid in "${left[@]}"; do
		read -r name 2>/dev/null <"/proc/$pid/comm" || continue
		case $name in
		mendfs) supervisor=$pid ;;
		mendfs-worker) worker=$pid ;;
		mendfs-standby) standby=$pid ;;
		esac
	done
}
family_is_whole() {
	family
	[[ -n $supervisor && -n $worker && -n $standby ]]
}
family_is_gone() {
	family
	[[ -z $supervisor$worker$standby ]]
}

# same_tree "text" A B: everything that can be known about the two directories is the same.
same_tree() {
	"$python" "$tests_dir/fuse/tree.py" "$2" >"$T/.a" 2>&1
	"$python" "$tests_dir/fuse/tree.py" "$3" >"$T/.b" 2>&1
	ok "$1" diff "$T/.a" "$T/.b"
}

# as_nobody CMD…: without any privilege.
as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$@"
}

# tmpfs, which has file handles wherever the test runs: $T/fs.
need_handles() {
	mkdir -p "$T/fs"
	mountpoint -q "$T/fs" || mount -t tmpfs -o mode=755 tmpfs "$T/fs" || bail 'a tmpfs'
}

# other_version PACKAGE INSTALLED [upstream]: the newest version of Debian's archive that is another than
# the installed one, also without Debian's revision if asked so, unpacked into $T/other; $other is its
# number. Skips the rest when there is none.
other_version() {
	local version lists=() package
	package=$1:$(dpkg --print-architecture)
	mkdir -p "$T"/deb/{lists,cache}/partial
	chmod 755 "$T" "$T/deb"
	if [[ -z $(apt-cache madison "$package") ]]; then
		lists=(-o "Dir::State::Lists=$T/deb/lists" -o "Dir::Cache=$T/deb/cache")
		timeout 120 apt-get -qq -o APT::Sandbox::User=root "${lists[@]}" update >"$T/apt.log" 2>&1
	fi
	other=''
	while read -r version; do
		[[ $version != "$2" && (-z ${3:-} || ${version%-*} != "${2%-*}") ]] || continue
		if (cd "$T/deb" && timeout 60 apt-get -qq -o APT::Sandbox::User=root "${lists[@]}" \
			download "$package=$version" >"$T/apt.log" 2>&1); then
			other=$version
			break
		fi
	done < <(apt-cache "${lists[@]}" madison "$package" | awk '{ print $3 }' | sort -u | sort -rV)
	[[ -n $other ]] || skip "the archive has no other version of $1 than $2"
	dpkg-deb -x "$T"/deb/*.deb "$T/other"
	printf '# %s: installed %s, as a patch %s\n' "$1" "$2" "$other"
}
