#!/bin/bash
# SPDX-License-Identifier: MIT
# What the command line, mount(8) and mendfs.conf can ask for, and how each mistake is answered.
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"

mendfs=$bin/mendfs
mkdir -p "$P"/{lib,other,base}
echo old >"$P/lib/f"
echo below >"$P/base/f"
echo new >"$T/new"

options() { # DIR
	findmnt -n -o OPTIONS --mountpoint "$1" | tail -n 1 | tr , '\n'
}
has() { # DIR OPTION…: all of them, and with a '-' in front none of them
	local option all
	all=$(options "$1")
	for option in "${@:2}"; do
		case $option in
		-*) ! grep -qx -- "${option#-}" <<<"$all" || return 1 ;;
		*) grep -qx -- "$option" <<<"$all" || return 1 ;;
		esac
	done
}
with() { # "text" CHECK… -- ARGS…: mounts with them, checks, unmounts
	local text=$1 check=()
	shift
	while [[ $1 != -- ]]; do
		check+=("$1")
		shift
	done
	mount_mendfs "$P/lib" "${@:2}"
	ok "$text" "${check[@]}"
	umount "$P/lib"
	eventually 10 family_is_gone || bail 'the daemon ends'
}
reads() { # FILE CONTENT
	[[ $(cat "$1") == "$2" ]]
}

# --- mount options ---

with 'as the file system below' has "$P/lib" rw -nosuid -nodev -noexec default_permissions allow_other --
with 'ro' has "$P/lib" ro -- -o ro
with 'several' has "$P/lib" nosuid nodev noexec noatime rw -- -o nosuid,nodev -o noexec,noatime
with 'the last one counts' has "$P/lib" -nosuid nodev rw -- -o nosuid,ro,suid,nodev,rw
with 'what others use is taken and means nothing' has "$P/lib" rw -- \
	-o defaults,auto,noauto,nofail,_netdev,x-systemd.automount,x-mine=1,allow_other
mount_mendfs "$P/lib" -o fsname=mended,ro
is 'fsname is the source' "$(findmnt -n -o SOURCE --mountpoint "$P/lib")" mended
exits 1 'Read-only file system' 'ro is not written to' touch "$P/lib/g"
is 'ro is in the status' "$(status_of "$P/lib" 's["read_only"]')" True
umount "$P/lib"

mount -t tmpfs -o nosuid,nodev,noexec,ro tmpfs "$P/other"
mount_mendfs "$P/other"
ok 'flags of the base are carried over' has "$P/other" nosuid nodev noexec ro
umount "$P/other"
mount_mendfs "$P/other" -o suid,exec
ok 'and may be taken back' has "$P/other" -nosuid nodev -noexec ro
umount "$P/other"
umount "$P/other"

# --- which base, whose patches ---

bundle a a 1 /usr/lib --base-dir "$P/base" --replace f="$T/new"
mount_mendfs "$P/other" --base "$P/base" --as /usr/lib
is 'another base' "$(cat "$P/other/f")" below
install a
is 'patches of another root' "$(cat "$P/other/f")" new
is 'in the status' "$(status_of "$P/other" 's["mount"], s["root"]')" "('$P/other', '/usr/lib')"
is 'the base itself shows the base' "$(cat "$P/base/f")" below
umount "$P/other"
ok 'the daemon ends' eventually 10 family_is_gone
mount_mendfs "$P/other" --base="$P/base"
is "its own root has no patches" "$(cat "$P/other/f")" below
umount "$P/other"
cd "$P" || exit
mount_mendfs "$P/other" -o base=base,as=/usr/lib,fsname=x
is 'the same as mount options, relative' "$(cat "$P/other/f")" new
umount "$P/other"
cd / || exit
ln -s lib "$P/link"
mount_mendfs "$P/lib"
umount "$P/lib"
timeout 20 "$mendfs" "$P/link/../link/" >/dev/null 2>&1
ok 'a symlink is followed once' is_mendfs "$P/lib"
ok 'and the socket is called after where it leads' test -S "$MENDFS_RUN/mnt-lib.varlink"
umount "$P/lib"

# --- store, config, run ---

mkdir -p "$T/c/keys.d" "$T/s" "$T/r"
(
	unset MENDFS_STORE MENDFS_CONFIG MENDFS_RUN
	timeout 20 "$mendfs" "$P/other" --base "$P/base" --as /usr/lib --store "$T/store" --config "$T/config" \
		--run "$T/r" >/dev/null 2>&1
)
is 'the three directories by option' "$(cat "$P/other/f")" new
ok 'with the socket there' test -S "$T/r/mnt-other.varlink"
umount "$P/other"
(
	unset MENDFS_STORE MENDFS_CONFIG MENDFS_RUN
	timeout 20 "$mendfs" "$P/other" -o "base=$P/base,as=/usr/lib,store=$T/store,config=$T/config,run=$T/r" \
		>/dev/null 2>&1
)
is 'the three directories by mount option' "$(cat "$P/other/f")" new
umount "$P/other"
timeout 20 "$mendfs" "$P/other" --base "$P/base" --as /usr/lib --config "$T/c" >/dev/null 2>&1
is 'without the key nothing is served' "$(cat "$P/other/f")" below
is 'and the status says why' "$(status_of "$P/other" '[(l["id"], "key" in l["reason"]) for l in s["left_out"]]')" \
	"[('a', True)]"
umount "$P/other"
echo garbage >"$T/garbage"
timeout 20 "$mendfs" "$P/other" --base "$P/base" --as /usr/lib --store "$T/garbage" >"$T/said" 2>&1
is 'a store that cannot be read never stops a mount' "$(cat "$P/other/f")" below
ok 'it is told' grep -q 'the base is shown without patches' "$T/said"
ok 'and is in the status' status_of "$P/other" 's["reason"].index("garbage")'
umount "$P/other"
echo garbage >"$T/config/keys.d/broken.pub"
mount_mendfs "$P/other" --base "$P/base" --as /usr/lib
is 'a broken key does not keep the others out' "$(cat "$P/other/f")" new
is 'and is in the status' "$(status_of "$P/other" 'len(s["bad_keys"]), "broken" in s["bad_keys"][0]')" '(1, True)'
umount "$P/other"
rm "$T/config/keys.d/broken.pub"

# --- mendfs.conf ---

printf '[mount %s]\nbase = %s\nas = /usr/lib\noptions = nosuid,fsname=conf\n' "$P/other" "$P/base" \
	>"$T/config/mendfs.conf"
mount_mendfs "$P/other"
is 'mendfs.conf says base and root' "$(cat "$P/other/f")" new
ok 'and options' has "$P/other" nosuid
umount "$P/other"
mount_mendfs "$P/other" --base "$P/lib" -o suid
is 'the command line comes first' "$(cat "$P/other/f")" old
ok 'with options too' has "$P/other" -nosuid
umount "$P/other"
printf '[mount %s]\nfrob = 1\n' "$P/other" >"$T/config/mendfs.conf"
exits 2 'mendfs.conf:2: frob: no such setting' 'an unknown setting' timeout 20 "$mendfs" "$P/other"
printf 'x\n' >"$T/config/mendfs.conf"
exits 1 'mendfs.conf: line 1: no "="' 'no setting at all' timeout 20 "$mendfs" "$P/other"
rm "$T/config/mendfs.conf"

# --- in the foreground ---

coproc LISTENER { "$python" -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
print("READY=1" in s.recv(200).decode().split("\n"), flush=True)' "$T/notify"; }
read -r _ <&"${LISTENER[0]}"
NOTIFY_SOCKET=$T/notify spawn "$mendfs" -f "$P/lib" >/dev/null 2>&1
read -r -t 10 line <&"${LISTENER[0]}"
is 'systemd is told' "$line" True
ok 'it stays in the foreground' kill -0 "$spawned"
ok 'and is mounted' is_mendfs "$P/lib"
kill -TERM "$spawned"
ok 'until it is told to end' wait "$spawned"
ok 'and is not mounted then' test "$(mount_type "$P/lib")" = ''

# --- mount(8) ---

cp -a /usr/sbin "$T/sbin"
cp -L "$bin/mount.fuse.mendfs" "$T/sbin/mount.fuse.mendfs"
sbin=$(realpath /sbin)
if mount --bind "$T/sbin" "$sbin" 2>/dev/null; then
	ok 'mount -t fuse.mendfs DIR DIR' timeout 20 mount -t fuse.mendfs "$P/lib" "$P/lib"
	ok 'mounts' is_mendfs "$P/lib"
	umount "$P/lib"
	ok 'mount with a base, and options' timeout 20 mount -t fuse.mendfs -o ro,nosuid,as=/usr/lib "$P/base" "$P/other"
	is 'has that base and that root' "$(cat "$P/other/f")" new
	ok 'and those options' has "$P/other" ro nosuid
	umount "$P/other"
	printf '%s %s fuse.mendfs as=/usr/lib,nofail,x-systemd.automount 0 0\n' "$P/base" "$P/other" >"$T/fstab"
	ok 'mount out of an fstab' timeout 20 mount --fstab "$T/fstab" "$P/other"
	is 'serves' "$(cat "$P/other/f")" new
	umount "$P/other"
	exits 2 '-o frob: no such mount option' 'an unknown option' \
		timeout 20 mount -t fuse.mendfs -o frob "$P/lib" "$P/lib"
	umount "$sbin"
fi
exits 2 'usage: mount.fuse.mendfs SOURCE DIR' 'the helper without a directory' \
	timeout 20 "$bin/mount.fuse.mendfs" "$P/lib"

# --- refusals ---

refused() { # CODE TEXT "text" ARGS…
	exits "$1" "$2" "$3" timeout 20 "$mendfs" "${@:4}"
}
touch "$P/file"
refused 2 "mendfs: one directory is wanted; try 'mendfs --help'" 'no directory'
refused 2 'one directory is wanted' 'two directories' "$P/lib" "$P/other"
refused 2 "mendfs: $P/file: not a directory" 'a file' "$P/file"
refused 3 "mendfs: $P/none: No such file or directory" 'nothing' "$P/none"
refused 3 "mendfs: $P/none: No such file or directory" 'no base' "$P/lib" --base "$P/none"
refused 2 "mendfs: $P/file: not a directory" 'a base that is a file' "$P/lib" --base "$P/file"
refused 2 "mendfs: --as usr/lib: not an absolute path" 'a relative root' "$P/lib" --as usr/lib
refused 2 "mendfs: --as /usr/../lib: not an absolute path" 'a root with ..' "$P/lib" --as /usr/../lib
refused 2 "try 'mendfs --help'" 'an unknown option' --frob "$P/lib"
refused 2 "try 'mendfs --help'" 'an option without its value' "$P/lib" --base
refused 2 'mendfs: -o frob: no such mount option' 'an unknown mount option' -o ro,frob "$P/lib"
refused 2 'mendfs: -o frob: no such mount option' 'an unknown mount option with a value' -o frob=1 "$P/lib"
refused 3 "mendfs: $P/file" 'a run directory that is a file' --run "$P/file" "$P/lib"
exits 3 'Operation not permitted' 'without privilege' as_nobody timeout 20 "$mendfs" "$P/lib" --run "$P/run"
is 'nothing was mounted by any of them' "$(findmnt -n -t fuse.mendfs)" ''
is 'nor is a socket left' "$(find "$MENDFS_RUN" -name '*.varlink')" ''
mount_mendfs "$P/lib"
refused 3 "mendfs: $P/lib: mendfs is mounted there already" 'a second one on the same directory' "$P/lib"
ok 'leaves the first one alone' reads "$P/lib/f" old
ok 'and its socket' mendctl status
umount "$P/lib"

is 'version' "$("$mendfs" --version)" "$("$bin/mendctl" --version | sed s/mendctl/mendfs/)"
"$mendfs" --help >"$T/help"
ok 'help fits a screen' awk 'length > 80 { exit 1 } END { exit NR < 10 || NR > 40 }' "$T/help"
ok 'all of them end' eventually 10 family_is_gone
