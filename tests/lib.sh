# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the shell tests share. A test begins with
#
#	. "${0%/*}/../lib.sh"
#	need_mount		# if it mounts: before anything else
#
# and has then: $B the build directory, $bin its programs, $T a scratch directory that is gone at the
# end together with every mount below it and every process that the test started. MENDFS_STORE,
# MENDFS_CONFIG and MENDFS_RUN point below $T.
set -u

tests_dir=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
B=${MENDFS_BUILD:-${tests_dir%/*}/build}
# shellcheck disable=SC2034 # for the tests
bin=$B/bin

# need_mount starts the test again: the scratch directory stays the same. Its name is short, for the
# paths of sockets.
T=${MENDFS_TEST_DIR:-$(mktemp -d "${TMPDIR:-/var/tmp}/t.XXX")}
chmod 755 "$T"
export MENDFS_TEST_DIR=$T
export MENDFS_TEST_TOKEN=${MENDFS_TEST_TOKEN:-$$.$RANDOM}
export MENDFS_STORE=$T/store MENDFS_CONFIG=$T/config MENDFS_RUN=$T/run
mkdir -p "$MENDFS_CONFIG/keys.d" "$MENDFS_RUN"

checks=0 failures=0

# --- saying how it went ---

# Shows a file, or what is read from standard input, as comments.
explain() {
	sed 's/^/# /' "$@" | head -n 40
}

pass() {
	checks=$((checks + 1))
	printf 'ok %d - %s\n' $checks "$1"
}

fail() {
	checks=$((checks + 1))
	failures=$((failures + 1))
	printf 'not ok %d - %s\n' $checks "$1"
}

# ok "text" CMD…: the command ends with 0.
ok() {
	local text=$1 status=0
	shift
	"$@" >"$T/.out" 2>&1 || status=$?
	if [[ $status == 0 ]]; then
		pass "$text"
		return 0
	fi
	fail "$text"
	printf '# %s\n# ended with %d\n' "$*" $status
	explain "$T/.out"
	return 1
}

# is "text" GOT WANT: the two are the same.
is() {
	if [[ $2 == "$3" ]]; then
		pass "$1"
		return 0
	fi
	fail "$1"
	printf 'got:  %s\nwant: %s\n' "$2" "$3" | explain
	return 1
}

# exits CODE "TEXT" "text" CMD…: the command ends with CODE and its standard error has TEXT in it.
exits() {
	local want=$1 part=$2 text=$3 status=0
	shift 3
	"$@" >"$T/.out" 2>"$T/.err" || status=$?
	if [[ $status == "$want" && $(tr -d '\0' <"$T/.err") == *"$part"* ]]; then
		pass "$text"
		return 0
	fi
	fail "$text"
	printf '# %s\n# ended with %d, want %d and "%s"\n' "$*" $status "$want" "$part"
	explain "$T/.err"
	return 1
}

# skip "reason": the rest of this test cannot be done here.
skip() {
	checks=$((checks + 1))
	printf 'ok %d - the rest # SKIP %s\n' $checks "$1"
	exit 0
}

# bail "reason": no use in going on.
bail() {
	fail "$1"
	exit 1
}

# --- what a test needs ---

# Goes on in a mount namespace of its own, where no mount is seen from outside or stays.
need_mount() {
	[[ -z ${MENDFS_TEST_NAMESPACE:-} ]] || return 0
	local why=''
	if [[ $(id -u) != 0 ]]; then
		why='mounting needs root'
	elif [[ ! -c /dev/fuse ]]; then
		why='there is no /dev/fuse'
	elif ! unshare -m --propagation private true 2>/dev/null; then
		why='mount namespaces are not allowed here'
	fi
	if [[ -z $why ]]; then
		MENDFS_TEST_NAMESPACE=1 exec unshare -m --propagation private bash "$0"
	fi
	[[ -z ${MENDFS_MUST_MOUNT:-} ]] || bail "can mount: $why"
	skip "$why"
}

# Debian's archive is within reach.
need_archive() {
	local mirror
	if mirror=$("${tests_dir%/*}/.ci/mirror") && timeout 20 /usr/lib/apt/apt-helper \
		download-file "$mirror/dists/stable/Release" "$T/.archive" >/dev/null 2>&1; then
		rm -f "$T/.archive"
		return 0
	fi
	[[ ${CI:-} != true ]] || bail "can reach Debian's archive"
	skip "Debian's archive is out of reach"
}

need_command() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

# --- things tests do ---

# spawn CMD…: in the background until the end of the test; its pid is $spawned.
spawn() {
	"$@" &
	# shellcheck disable=SC2034 # for the tests
	spawned=$!
}

# eventually SECONDS CMD…: tries until the command ends with 0.
eventually() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[[ $SECONDS -lt $end ]] || return 1
		sleep 0.02
	done
}

# Mount points, newest first, in this namespace: is_mounted DIR, type by mount_type DIR.
mount_points() {
	local point
	while read -r _ _ _ _ point _; do
		printf '%b\n' "$point"
	done </proc/self/mountinfo | tac
}
mount_type() {
	findmnt -n -o FSTYPE --mountpoint "$1" 2>/dev/null | tail -n 1
}
is_mendfs() {
	[[ $(mount_type "$1") == fuse.mendfs ]]
}

# mount_mendfs DIR [ARGS…]: mounts it and waits until it is there. Its messages are in $T/mendfs.log.
mount_mendfs() {
	if ! timeout 20 "$bin/mendfs" "$@" >>"$T/mendfs.log" 2>&1 || ! eventually 5 is_mendfs "$1"; then
		fail "mendfs mounts $1"
		explain "$T/mendfs.log"
		exit 1
	fi
}

# unmount_mendfs DIR: and waits until its daemon is gone.
unmount_mendfs() {
	local name
	name=$(systemd-escape --path "$1" 2>/dev/null || sed 's,^/,,; s,/,-,g' <<<"$1")
	umount "$1" && eventually 10 test ! -e "$MENDFS_RUN/$name.varlink"
}

# publisher NAME: a key pair without a password, $T/NAME.key and $T/NAME.pub.
publisher() {
	if ! "$bin/mend-publish" keygen -s "$T/$1.key" -p "$T/$1.pub" --no-password >"$T/.out" 2>&1; then
		fail "mend-publish makes keys"
		explain "$T/.out"
		exit 1
	fi
}

# trust NAME: this machine trusts the publisher.
trust() {
	cp "$T/$1.pub" "$MENDFS_CONFIG/keys.d/$1.pub"
}

# --- the end ---

# Sets left to the processes of this test, daemons that left their group included. No subshells here:
# they would find themselves.
find_left() {
	local pid
	left=()
	# shellcheck disable=SC2097,SC2098 # on purpose: grep must not find itself
	MENDFS_TEST_TOKEN='' grep -lzsFx "MENDFS_TEST_TOKEN=$MENDFS_TEST_TOKEN" \
		/proc/[0-9]*/environ >"$T/.left"
	while IFS=/ read -r _ _ pid _; do
		# The runner's timeout(1) above us has the same environment.
		[[ $pid == "$$" || $pid == "$PPID" ]] || left+=("$pid")
	done <"$T/.left"
}
none_left() {
	find_left
	[[ ${#left[@]} == 0 ]]
}

# What has to go first: a mount whose daemon is gone could be in the way of every tool.
unmount_all() {
	local point
	mount_points | while IFS= read -r point; do
		if [[ $point == "$T"/* ]] ||
			{ [[ -n ${MENDFS_TEST_NAMESPACE:-} ]] && is_mendfs "$point"; }; then
			umount -l "$point" 2>/dev/null
		fi
	done
}

finish() {
	local status=$?
	trap - EXIT
	cd / || true
	unmount_all
	if ! none_left; then
		kill -TERM "${left[@]}" 2>/dev/null
		eventually 2 none_left || kill -KILL "${left[@]}" 2>/dev/null
	fi
	chmod -R u+rwX "$T" 2>/dev/null
	rm -rf --one-file-system "$T" 2>/dev/null
	printf '1..%d\n' $checks
	[[ $failures == 0 ]] || exit 1
	exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
