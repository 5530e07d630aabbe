#!/bin/bash
# SPDX-License-Identifier: MIT
# limit: 120
# A base that fails: full, without inodes, read-only, damaged. Every error comes through as it is on the
# bare directory, and the mount goes on.
. "${0%/*}/../lib.sh"
need_mount

mkdir "$T/base" "$T/m"

# errno_of CMD…: what python3 sees as errno's name when it runs the statement in the directory $dir.
errno_of() {
	python3 - "$dir" "$1" <<'PY'
import errno, os, sys
os.chdir(sys.argv[1])
try:
    exec(sys.argv[2])
    print("works")
except OSError as error:
    print(errno.errorcode[error.errno])
PY
}

same() { # "text" STATEMENT WANT: on the bare directory, cleaned up by CLEAN, and through the mount
	local bare
	dir=$T/base
	bare=$(errno_of "$2")
	eval "${4:-:}"
	dir=$T/m
	is "$1" "$bare $(errno_of "$2")" "$3 $3"
	eval "${4:-:}"
}

# --- full ---

mount -t tmpfs -o size=256k,nr_inodes=20 tmpfs "$T/base" || bail 'mounts a small tmpfs'
echo x >"$T/base/f"
mount_mendfs "$T/m" --base "$T/base" --as /usr/lib
same 'a full base: write' 'fd = os.open("big", os.O_CREAT | os.O_WRONLY)
for i in range(1000): os.write(fd, b"x" * 4096)' ENOSPC "rm -f $T/base/big"
same 'a full base: fallocate' 'os.posix_fallocate(os.open("big", os.O_CREAT | os.O_WRONLY), 0, 1 << 20)' \
	ENOSPC "rm -f $T/base/big"
same 'no inode: create' 'for i in range(100): os.close(os.open("n%d" % i, os.O_CREAT | os.O_WRONLY))' \
	ENOSPC "rm -f $T/base/n*"
same 'no inode: mkdir' 'for i in range(100): os.mkdir("d%d" % i)' ENOSPC "rm -rf $T/base/d*"
same 'no inode: symlink' 'for i in range(100): os.symlink("x", "s%d" % i)' ENOSPC "rm -f $T/base/s*"
is 'it goes on' "$(cat "$T/m/f")" x
ok 'and writes again' cp /etc/passwd "$T/m/again"
ok 'the same bytes' cmp /etc/passwd "$T/base/again"

# --- read-only underneath ---

ok 'the base becomes read-only' mount -o remount,ro "$T/base"
same 'read-only: create' 'os.open("new", os.O_CREAT | os.O_WRONLY)' EROFS
same 'read-only: chmod' 'os.chmod("f", 0o600)' EROFS
same 'read-only: unlink' 'os.unlink("f")' EROFS
same 'read-only: rename' 'os.rename("f", "g")' EROFS
is 'reading goes on' "$(cat "$T/m/f")" x
ok 'and back' mount -o remount,rw "$T/base"
ok 'it ends' unmount_mendfs "$T/m"
umount "$T/base"

# --- damaged ---

need_command mkfs.ext4
need_command debugfs
truncate -s 16M "$T/image"
mkfs.ext4 -q -O ^metadata_csum "$T/image" 2>/dev/null || bail 'makes an ext4'
mount -o loop "$T/image" "$T/base" 2>/dev/null || skip 'no loop device can be had'
mkdir "$T/base/dir"
head -c 100000 /dev/urandom >"$T/base/bad"
echo good >"$T/base/good"
ino=$(stat -c %i "$T/base/bad")
umount "$T/base"
ok 'an inode is damaged' debugfs -w -R "set_inode_field <$ino> block[0] 0x7fffffff" "$T/image"
debugfs -w -R "set_inode_field <$ino> flags 0" "$T/image" >/dev/null 2>&1
mount -o loop,errors=continue "$T/image" "$T/base" || bail 'mounts the damaged file system'
mount_mendfs "$T/m" --base "$T/base" --as /usr/lib
dir=$T/base
bare=$(errno_of 'open("bad", "rb").read()')
dir=$T/m
is 'a damaged file fails as it does without us' "$(errno_of 'open("bad", "rb").read()')" "$bare"
explain <<<"$bare"
is 'the others do not' "$(cat "$T/m/good")" good
ok 'writing goes on' cp /etc/passwd "$T/m/dir/new"
ok 'it ends as well' unmount_mendfs "$T/m"
umount "$T/base"
