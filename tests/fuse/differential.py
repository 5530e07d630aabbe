#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same random operations on a bare directory and through a mount, compared one by one.

    differential.py BARE MOUNTED BASE SEED COUNT
    differential.py trees BARE OTHER

BASE is what MOUNTED shows, seen without the mount. After each operation its result, its errno and
what stat(2) says of the names it used have to be the same on both sides; from time to time the whole
trees, and the mount with its own base. What cannot be equal is left out: inode and device numbers,
ctime; the atime of directories and links, which are read less often through a cache; between two directories,
blocks, which tell how the disk was filled. A time is compared
exactly when it was set, else only as "during this test". Two things that Linux's FUSE does not do are
made up for: the set-gid bit of a file that its group may not execute goes when a stranger writes to the
file, and a FIFO that is written to gets a new time.
Prints what differs and the operations before it; ends with 1 then. Must be run as root. The second form
compares two trees that are there already.
"""

import ctypes
import errno
import fcntl
import hashlib
import mmap
import os
import random
import stat
import struct
import sys
import time

NAMES = ["a", "b", "c", "d", "e"]
USERS = [(0, 0, []), (0, 0, []), (0, 0, []), (0, 1001, [2001]), (1001, 1001, [1001, 2001]), (1002, 1002, [2001, 2002]), (1003, 2001, [])]
SLOTS = 6
START_NS = time.time_ns() - 3600 * 10**9

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, AT_EMPTY_PATH, AT_SYMLINK_FOLLOW = -100, 0x1000, 0x400
RENAME_FLAGS = [0, 0, 0, 0, 1, 2, 2, 4, 3]


def call(name, *args):
    """A system call that Python has no function for."""
    result = getattr(libc, name)(*args)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def shown_time(ns):
    return "now" if ns >= START_NS else ns


def shown_mode(mode):
    # Set-gid without execution by the group is not taken away from a stranger's change; see mendfs(8).
    if stat.S_ISREG(mode) and mode & (stat.S_ISGID | stat.S_IXGRP) == stat.S_ISGID:
        mode &= ~stat.S_ISGID
    return oct(mode)


def shown_stat(st):
    shown = {
        "mode": shown_mode(st.st_mode), "nlink": st.st_nlink, "uid": st.st_uid, "gid": st.st_gid,
        "size": st.st_size, "blksize": st.st_blksize, "rdev": st.st_rdev,
        "mtime": shown_time(st.st_mtime_ns),
    }
    if stat.S_ISREG(st.st_mode):
        shown["atime"] = shown_time(st.st_atime_ns)
    return shown


class Side:
    """One of the two directories, and what is open in it."""

    def __init__(self, root):
        self.root = root
        self.fds = [-1] * SLOTS

    def path(self, relative):
        return os.path.join(self.root, relative) if relative else self.root

    def fd(self, slot):
        return self.fds[slot]

    # --- operations: each returns what there is to compare ---

    def open(self, slot, path, flags, mode):
        fd = os.open(self.path(path), flags | os.O_NONBLOCK | os.O_CLOEXEC, mode)
        if self.fds[slot] >= 0:
            os.close(self.fds[slot])
        self.fds[slot] = fd

    def tmpfile(self, slot, path, mode, is_exclusive):
        self.open(slot, path, os.O_TMPFILE | os.O_RDWR | (os.O_EXCL if is_exclusive else 0), mode)

    def give_name(self, slot, path):
        """What linkat(2) recommends for a file made with O_TMPFILE."""
        call("linkat", AT_FDCWD, b"/proc/self/fd/%d" % self.fds[slot], AT_FDCWD,
             self.path(path).encode(), AT_SYMLINK_FOLLOW)

    def close(self, slot):
        fd, self.fds[slot] = self.fds[slot], -1
        os.close(fd)

    def read(self, slot, size, offset):
        return hashlib.md5(os.pread(self.fds[slot], size, offset)).hexdigest()

    def write(self, slot, data, offset):
        return os.pwrite(self.fds[slot], data, offset)

    def append(self, slot, data):
        return os.write(self.fds[slot], data), os.lseek(self.fds[slot], 0, os.SEEK_CUR)

    def map_write(self, slot, data, page):
        size = os.fstat(self.fds[slot]).st_size
        if size < (page + 1) * 4096:
            return "short"
        with mmap.mmap(self.fds[slot], 4096, offset=page * 4096) as mapped:
            mapped[: len(data)] = data
            mapped.flush()
        return None

    def ftruncate(self, slot, size):
        os.ftruncate(self.fds[slot], size)

    def fallocate(self, slot, mode, offset, length):
        call("fallocate64", self.fds[slot], mode, ctypes.c_int64(offset), ctypes.c_int64(length))

    def fsync(self, slot):
        os.fsync(self.fds[slot])

    def fdatasync(self, slot):
        os.fdatasync(self.fds[slot])

    def fchmod(self, slot, mode):
        os.fchmod(self.fds[slot], mode)

    def fchown(self, slot, uid, gid):
        os.fchown(self.fds[slot], uid, gid)

    def futimens(self, slot, times):
        os.utime(self.fds[slot], ns=times) if times else os.utime(self.fds[slot])

    def fstat(self, slot):
        return shown_stat(os.fstat(self.fds[slot]))

    def seek(self, slot, offset, whence):
        if stat.S_ISDIR(os.fstat(self.fds[slot]).st_mode):
            return None  # ext4's own positions in a directory
        return os.lseek(self.fds[slot], offset, whence)

    def flock(self, slot, how):
        fcntl.flock(self.fds[slot], how | fcntl.LOCK_NB)

    def copy_range(self, slot, other, size):
        return os.copy_file_range(self.fds[slot], self.fds[other], size, 0, 0)

    def nodump(self, slot, is_set):
        mode = os.fstat(self.fds[slot]).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            return None  # FUSE does not ask for flags of others
        room = bytearray(4)
        fcntl.ioctl(self.fds[slot], 0x80086601, room)
        flags = struct.unpack("i", room)[0]
        changed = flags | 0x40 if is_set else flags & ~0x40
        fcntl.ioctl(self.fds[slot], 0x40086602, struct.pack("i", changed))
        return flags

    def fsetxattr(self, slot, name, value):
        os.setxattr(self.fds[slot], name, value)

    def stat(self, path):
        return shown_stat(os.stat(self.path(path)))

    def lstat(self, path):
        return shown_stat(os.lstat(self.path(path)))

    def access(self, path, how):
        return os.access(self.path(path), how, effective_ids=True)

    def truncate(self, path, size):
        os.truncate(self.path(path), size)

    def chmod(self, path, mode):
        os.chmod(self.path(path), mode)

    def chown(self, path, uid, gid, follow):
        os.chown(self.path(path), uid, gid, follow_symlinks=follow)

    def utimens(self, path, times, follow):
        if times:
            os.utime(self.path(path), ns=times, follow_symlinks=follow)
        else:
            os.utime(self.path(path), follow_symlinks=follow)

    def mkdir(self, path, mode):
        os.mkdir(self.path(path), mode)

    def rmdir(self, path):
        os.rmdir(self.path(path))

    def unlink(self, path):
        os.unlink(self.path(path))

    def rename(self, path, to, flags):
        call("renameat2", AT_FDCWD, self.path(path).encode(), AT_FDCWD, self.path(to).encode(), flags)

    def link(self, path, to, follow):
        call("linkat", AT_FDCWD, self.path(path).encode(), AT_FDCWD, self.path(to).encode(),
             AT_SYMLINK_FOLLOW if follow else 0)

    def symlink(self, text, path):
        os.symlink(text, self.path(path))

    def readlink(self, path):
        return os.readlink(self.path(path))

    def mknod(self, path, mode, device):
        os.mknod(self.path(path), mode, device)

    def setxattr(self, path, name, value, flags, follow):
        os.setxattr(self.path(path), name, value, flags, follow_symlinks=follow)

    def getxattr(self, path, name, follow):
        return os.getxattr(self.path(path), name, follow_symlinks=follow)

    def listxattr(self, path, follow):
        return sorted(os.listxattr(self.path(path), follow_symlinks=follow))

    def removexattr(self, path, name, follow):
        os.removexattr(self.path(path), name, follow_symlinks=follow)

    def list(self, path):
        with os.scandir(self.path(path)) as entries:
            return sorted((e.name, e.is_dir(follow_symlinks=False), e.is_symlink()) for e in entries)

    def chdir(self, path):
        os.chdir(self.path(path))
        try:
            return shown_stat(os.stat("."))
        finally:
            os.chdir("/")

    def statvfs(self, path):
        fs = os.statvfs(self.path(path))
        return fs.f_bsize, fs.f_frsize, fs.f_blocks, fs.f_namemax

    def umask(self, mask):
        os.umask(mask)


# --- what is done at random ---

def acl(rng):
    """posix_acl(5) as the kernel takes it: version 2, then tag, permissions, id of each entry."""
    def permissions():
        return rng.choice([0, 4, 5, 6, 7])

    entries = [(1, permissions(), 0xffffffff)]
    entries += [(2, permissions(), uid) for uid in sorted(rng.sample([1001, 1002, 1003], rng.randint(0, 2)))]
    entries += [(4, permissions(), 0xffffffff)]
    entries += [(8, permissions(), gid) for gid in sorted(rng.sample([2001, 2002], rng.randint(0, 1)))]
    if len(entries) > 2 or rng.random() < 0.5:
        entries += [(16, permissions(), 0xffffffff)]
    entries += [(32, permissions(), 0xffffffff)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


class Operations:
    """Makes them up, often of what is there: NAME, ARGUMENTS and the paths to look at afterwards."""

    def __init__(self, rng, side):
        self.rng, self.side = rng, side
        self.there = []
        self.weights = dict(
            open=14, tmpfile=2, give_name=3, close=4, read=5, write=12, append=4, map_write=6,
            ftruncate=5, fallocate=5, fsync=1, fdatasync=1, fchmod=3, fchown=3, futimens=4,
            fstat=4, seek=2, flock=2, copy_range=2, nodump=1, fsetxattr=1, stat=4, lstat=4,
            access=4, truncate=4, chmod=8, chown=6, utimens=6, mkdir=9, rmdir=3, unlink=8,
            rename=16, link=7, symlink=4, readlink=2, mknod=3, setxattr=6, setacl=6, getxattr=2,
            listxattr=2, removexattr=2, list=4, chdir=1, statvfs=1, umask=1)

    def next(self):
        kind = self.rng.choices(list(self.weights), list(self.weights.values()))[0]
        made = getattr(self, "make_" + kind)()
        return made[0], made[1:], [arg for arg in made[1:] if isinstance(arg, Path)]

    def look_around(self):
        self.there = []
        for parent, dirs, files in os.walk(self.side.root):
            for name in sorted(dirs + files):
                self.there.append(Path(os.path.relpath(os.path.join(parent, name), self.side.root)))
        self.there.sort()

    def path(self):
        if self.there and self.rng.random() < 0.55:
            return self.rng.choice(self.there)
        depth = self.rng.choice([0, 1, 1, 1, 2, 2, 3])
        return Path("/".join(self.rng.choice(NAMES) for _ in range(depth + 1)))

    def slot(self):
        is_open = [slot for slot in range(SLOTS) if self.side.fd(slot) >= 0]
        if is_open and self.rng.random() < 0.8:
            return self.rng.choice(is_open)
        return self.rng.randrange(SLOTS)

    def mode(self):
        return self.rng.choice([0o644, 0o755, 0o777, 0o666, 0o600, 0o4755, 0o2755, 0o6777, 0o2664, 0o1777,
                                0o2777, 0, 0o070, self.rng.randrange(0o10000)])

    def size(self):
        return self.rng.choice([0, 1, 100, 4095, 4096, 4097, 10000, self.rng.randrange(70000)])

    def data(self):
        return self.rng.randbytes(self.rng.choice([0, 1, 10, 4096, 5000]))

    def times(self):
        if self.rng.random() < 0.2:
            return None
        return tuple(self.rng.randrange(10**9) * 10**9 + self.rng.randrange(10**9) for _ in range(2))

    def owner(self):
        # Not (-1, -1), which is refused to strangers only when a set-id bit is there to take.
        return self.rng.choice([(-1, 0), (-1, 1001), (-1, 2001), (-1, 2002), (0, -1), (1001, -1), (1002, -1),
                                (0, 0), (1001, 1001), (1002, 2001), (1003, 2002)])

    def follow(self):
        return self.rng.random() < 0.5

    def xattr(self):
        return self.rng.choice(["user.a", "user.b", "trusted.a", "security.capability", "user.long" + "x" * 240,
                                "system.posix_acl_access", "system.posix_acl_default", "nothing.a"])

    def value(self, name):
        if name == "security.capability":
            return struct.pack("<IIIII", 0x02000001, 0x2000, 0, 0, 0)
        if name.startswith("system."):
            return acl(self.rng)
        return self.rng.randbytes(self.rng.choice([0, 1, 20, 300]))

    def make_open(self):
        flags = self.rng.choice([os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDWR])
        for flag, chance in ((os.O_CREAT, 0.6), (os.O_EXCL, 0.15), (os.O_TRUNC, 0.15), (os.O_APPEND, 0.15),
                             (os.O_NOFOLLOW, 0.1), (os.O_DIRECTORY, 0.05), (os.O_SYNC, 0.05)):
            if self.rng.random() < chance:
                flags |= flag
        if self.rng.random() < 0.03:
            flags = os.O_PATH
        return "open", self.slot(), self.path(), flags, self.mode()

    def make_tmpfile(self):
        return "tmpfile", self.slot(), self.path(), self.mode(), self.rng.random() < 0.2

    def make_give_name(self):
        return "give_name", self.slot(), self.path()

    def make_close(self):
        return "close", self.slot()

    def make_read(self):
        return "read", self.slot(), self.size(), self.size()

    def make_write(self):
        return "write", self.slot(), self.data(), self.size()

    def make_append(self):
        return "append", self.slot(), self.data()

    def make_map_write(self):
        return "map_write", self.slot(), self.rng.randbytes(100), self.rng.choice([0, 0, 0, 1])

    def make_ftruncate(self):
        return "ftruncate", self.slot(), self.size()

    def make_fallocate(self):
        # Not collapse and insert: FUSE's protocol has no room for them.
        return "fallocate", self.slot(), self.rng.choice([0, 1, 2, 3, 0x10, 0x11, 0x40]), self.size(), self.size()

    def make_fsync(self):
        return "fsync", self.slot()

    def make_fdatasync(self):
        return "fdatasync", self.slot()

    def make_fchmod(self):
        return "fchmod", self.slot(), self.mode()

    def make_fchown(self):
        return ("fchown", self.slot(), *self.owner())

    def make_futimens(self):
        return "futimens", self.slot(), self.times()

    def make_fstat(self):
        return "fstat", self.slot()

    def make_seek(self):
        return "seek", self.slot(), self.size(), self.rng.choice([os.SEEK_DATA, os.SEEK_HOLE, os.SEEK_END])

    def make_flock(self):
        return "flock", self.slot(), self.rng.choice([fcntl.LOCK_SH, fcntl.LOCK_EX, fcntl.LOCK_UN])

    def make_copy_range(self):
        return "copy_range", self.slot(), self.slot(), self.size()

    def make_nodump(self):
        return "nodump", self.slot(), self.rng.random() < 0.5

    def make_fsetxattr(self):
        name = self.xattr()
        return "fsetxattr", self.slot(), name, self.value(name)

    def make_stat(self):
        return "stat", self.path()

    def make_lstat(self):
        return "lstat", self.path()

    def make_access(self):
        return "access", self.path(), self.rng.randrange(8)

    def make_truncate(self):
        return "truncate", self.path(), self.size()

    def make_chmod(self):
        return "chmod", self.path(), self.mode()

    def make_chown(self):
        return ("chown", self.path(), *self.owner(), self.follow())

    def make_utimens(self):
        return "utimens", self.path(), self.times(), self.follow()

    def make_mkdir(self):
        return "mkdir", self.path(), self.mode()

    def make_rmdir(self):
        return "rmdir", self.path()

    def make_unlink(self):
        return "unlink", self.path()

    def make_rename(self):
        return "rename", self.path(), self.path(), self.rng.choice(RENAME_FLAGS)

    def make_link(self):
        return "link", self.path(), self.path(), self.follow()

    def make_symlink(self):
        return "symlink", self.path(), self.path()

    def make_readlink(self):
        return "readlink", self.path()

    def make_mknod(self):
        kind, device = self.rng.choice([(stat.S_IFIFO, 0), (stat.S_IFREG, 0), (stat.S_IFSOCK, 0),
                                        (stat.S_IFCHR, os.makedev(1, 3)), (stat.S_IFBLK, os.makedev(240, 5))])
        return "mknod", self.path(), kind | self.mode() & 0o7777, device

    def make_setxattr(self):
        name = self.xattr()
        return "setxattr", self.path(), name, self.value(name), self.rng.choice([0, 0, 1, 2]), self.follow()

    def make_setacl(self):
        name = "system.posix_acl_" + self.rng.choice(["access", "default", "default"])
        return "setxattr", self.path(), name, acl(self.rng), 0, True

    def make_getxattr(self):
        return "getxattr", self.path(), self.xattr(), self.follow()

    def make_listxattr(self):
        return "listxattr", self.path(), self.follow()

    def make_removexattr(self):
        return "removexattr", self.path(), self.xattr(), self.follow()

    def make_list(self):
        return "list", self.path()

    def make_chdir(self):
        return "chdir", self.path()

    def make_statvfs(self):
        return "statvfs", self.path()

    def make_umask(self):
        return "umask", self.rng.choice([0, 0o22, 0o77, 0o2])


class Path(str):
    """Relative to the root of a side."""


# --- comparing ---

def become(user):
    os.seteuid(0)
    os.setegid(0)
    uid, gid, groups = user
    os.setgroups(groups)
    os.setegid(gid)
    os.seteuid(uid)


def do(side, name, args):
    try:
        return getattr(side, name)(*args)
    except OSError as error:
        return errno.errorcode.get(error.errno, error.errno)
    except ValueError:
        return "EBADF"


def look(side, path):
    try:
        return shown_stat(os.lstat(side.path(path)))
    except OSError as error:
        return errno.errorcode.get(error.errno, error.errno)


def tree(root, blocks=False):
    """Every name below, with all that can be seen of it; names of one inode tell the first of them."""
    seen, found = {}, {}

    def visit(path):
        full = os.path.join(root, path) if path else root
        st = os.lstat(full)
        entry = shown_stat(st)
        if blocks:
            entry["blocks"] = st.st_blocks
        entry["same as"] = seen.setdefault((st.st_dev, st.st_ino), path)
        entry["xattrs"] = {name: os.getxattr(full, name, follow_symlinks=False)
                           for name in os.listxattr(full, follow_symlinks=False)}
        if stat.S_ISREG(st.st_mode):
            with open(full, "rb") as file:
                entry["content"] = hashlib.md5(file.read()).hexdigest()
        elif stat.S_ISLNK(st.st_mode):
            entry["text"] = os.readlink(full)
        found[path] = entry
        if stat.S_ISDIR(st.st_mode):
            for name in sorted(os.listdir(full)):
                visit(os.path.join(path, name))

    visit("")
    return found


def differences(left, right):
    for path in sorted(set(left) | set(right)):
        if path not in left or path not in right:
            yield f"{path}: only on the {'left' if path in left else 'right'}"
            continue
        for field in left[path]:
            if left[path][field] != right[path].get(field):
                yield f"{path}: {field}: {left[path][field]!r}, {right[path].get(field)!r}"


class Comparison:
    def __init__(self, bare, mounted, base, seed):
        self.bare, self.mounted, self.base = Side(bare), Side(mounted), base
        self.rng = random.Random(seed)
        self.operations = Operations(self.rng, self.bare)
        self.done = []
        self.succeeded = 0

    def fail(self, *lines):
        become(USERS[0])
        print("after:")
        for line in self.done[-12:]:
            print("   ", line[:400])
        for line in lines:
            print(line)
        sys.exit(1)

    def step(self, number):
        user = self.rng.choice(USERS)
        name, args, paths = self.operations.next()
        become(user)
        left, right = do(self.bare, name, args), do(self.mounted, name, args)
        become(USERS[0])
        self.succeeded += not (isinstance(left, str) and left.startswith("E"))
        self.done.append(f"{number}: as {user[0]}: {name}{args!r} = {left!r}")
        if left != right:
            self.fail(f"bare:    {left!r}", f"mounted: {right!r}")
        for path in paths:
            left, right = look(self.bare, path), look(self.mounted, path)
            if left != right:
                self.fail(f"lstat {path}", f"bare:    {left!r}", f"mounted: {right!r}")
        for slot, fd in enumerate(self.bare.fds):
            if fd >= 0:
                self.make_up(fd, self.mounted.fd(slot))
                left, right = self.bare.fstat(slot), do(self.mounted, "fstat", (slot,))
                if left != right:
                    self.fail(f"fstat {slot}", f"bare:    {left!r}", f"mounted: {right!r}")

    @staticmethod
    def make_up(bare, mounted):
        left, right = os.fstat(bare).st_mode, os.fstat(mounted).st_mode
        if stat.S_ISREG(left) and right == left | stat.S_ISGID and not left & stat.S_IXGRP:
            os.chmod(f"/proc/self/fd/{mounted}", stat.S_IMODE(left))
        for fd in (bare, mounted):
            if stat.S_ISFIFO(left) and os.get_blocking(fd) is False:
                os.utime(f"/proc/self/fd/{fd}", ns=(0, 0))

    def compare_trees(self):
        for text, other in (("bare and mounted", self.mounted.root), ("bare and base", self.base)):
            different = list(differences(tree(self.bare.root), tree(other)))
            if different:
                self.fail(f"trees, {text}:", *different[:20])
        different = list(differences(tree(self.mounted.root, True), tree(self.base, True)))
        if different:
            self.fail("trees, mounted and base:", *different[:20])

    def run(self, count):
        for number in range(1, count + 1):
            if number % 10 == 1:
                self.operations.look_around()
            self.step(number)
            if number % 500 == 0 or number == count:
                self.compare_trees()


def main():
    if sys.argv[1] == "trees":
        different = list(differences(tree(sys.argv[2]), tree(sys.argv[3])))
        print(*different, sep="\n")
        sys.exit(bool(different))
    bare, mounted, base, seed, count = sys.argv[1:]
    for root in (bare, mounted):
        os.chmod(root, 0o1777)
    os.umask(0o022)
    comparison = Comparison(bare, mounted, base, int(seed))
    comparison.run(int(count))
    print(f"the same: {count} operations, {comparison.succeeded} of them successful, seed {seed}")


if __name__ == "__main__":
    main()
