#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What system calls that write do, on a bare directory and through a mount.

    writing.py BARE MOUNTED BASE

BASE is what MOUNTED shows, seen without the mount. Each case is a function that gets a new empty directory and returns what can be seen of it: results, errno,
attributes. It runs on either side; a TAP line is printed for each, and what differed. Must be run as root.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import resource
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import time

import differential

AT_FDCWD, AT_EMPTY_PATH, AT_SYMLINK_FOLLOW = -100, 0x1000, 0x400
OLD = (10**18, 10**18)
CASES = []


def case(function):
    CASES.append(function)
    return function


def attempt(function, *args, **kwargs):
    """What it returns, or the name of its errno."""
    try:
        return function(*args, **kwargs)
    except OSError as error:
        return errno.errorcode.get(error.errno, error.errno)


def call(name, *args):
    return attempt(differential.call, name, *args)


def make(path, content=b"content", mode=0o644):
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode)
    return path


def seen(path):
    return attempt(lambda: differential.shown_stat(os.lstat(path)))


def seen_open(fd):
    return attempt(lambda: differential.shown_stat(os.fstat(fd)))


def content(path):
    with open(path, "rb") as file:
        return file.read()


def as_user(uid, gid, groups, function, *args):
    differential.become((uid, gid, groups))
    try:
        return attempt(function, *args)
    finally:
        differential.become((0, 0, []))


def try_open(path, flags):
    """None or an errno."""
    return attempt(lambda: os.close(os.open(path, flags)))


def in_child(function):
    """In a process of its own, whose limits and signals are its own; returns its exit status."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(function() or 0)
        except OSError as error:
            os._exit(error.errno)
        finally:
            os._exit(255)
    return os.waitpid(pid, 0)[1]


# --- files ---

@case
def create_with_every_mode_and_umask(d):
    found = []
    for number, (mode, mask) in enumerate([(0o777, 0), (0o666, 0o22), (0o7777, 0o77), (0, 0), (0o200, 0o777)]):
        os.umask(mask)
        fd = os.open(f"{d}/{number}", os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
        found += [os.write(fd, b"x"), seen(f"{d}/{number}")]
        os.close(fd)
    os.umask(0o22)
    return found


@case
def create_what_is_there(d):
    make(f"{d}/f")
    os.symlink("nowhere", f"{d}/dangling")
    os.mkdir(f"{d}/dir")
    return [
        try_open(f"{d}/f", os.O_CREAT | os.O_EXCL), try_open(f"{d}/dangling", os.O_CREAT | os.O_EXCL),
        try_open(f"{d}/dir", os.O_CREAT), try_open(f"{d}/dir", os.O_RDWR),
        try_open(f"{d}/f/below", os.O_CREAT), try_open(f"{d}/no/below", os.O_CREAT),
        os.close(os.open(f"{d}/dangling", os.O_CREAT | os.O_WRONLY)), seen(f"{d}/nowhere"),
        try_open(f"{d}/dangling", os.O_CREAT | os.O_NOFOLLOW)]


@case
def append(d):
    one, two = (os.open(f"{d}/f", os.O_WRONLY | os.O_CREAT | os.O_APPEND) for _ in range(2))
    return [os.write(one, b"1"), os.write(two, b"2"), os.write(one, b"3"), os.pwrite(two, b"4", 0),
            content(f"{d}/f"), seen_open(one)]


@case
def truncate_and_its_times(d):
    make(f"{d}/f", b"x" * 10000)
    found = []
    for size in 10000, 5000, 0, 20000, -1, 1 << 62:
        os.utime(f"{d}/f", ns=OLD)
        found += [attempt(os.truncate, f"{d}/f", size), seen(f"{d}/f")]
    os.utime(f"{d}/f", ns=OLD)
    os.close(os.open(f"{d}/f", os.O_WRONLY | os.O_TRUNC))
    return found + [seen(f"{d}/f")]


@case
def fallocate_in_every_mode(d):
    found = []
    # Not collapse (8) and insert (32), which FUSE's protocol does not know.
    for mode in 0, 1, 2, 3, 0x10, 0x11, 0x40, 0x80, 4:
        fd = os.open(f"{d}/{mode}", os.O_RDWR | os.O_CREAT)
        os.write(fd, b"x" * 20000)
        found += [mode, call("fallocate64", fd, mode, ctypes.c_int64(4096), ctypes.c_int64(40000)), seen_open(fd),
                  content(f"{d}/{mode}"),
                  call("fallocate64", fd, mode, ctypes.c_int64(-1), ctypes.c_int64(1)),
                  call("fallocate64", fd, mode, ctypes.c_int64(0), ctypes.c_int64(0))]
        os.close(fd)
    fd = os.open(f"{d}/0", os.O_RDONLY)
    return found + [call("fallocate64", fd, 0, ctypes.c_int64(0), ctypes.c_int64(1))]


@case
def sync(d):
    fd = os.open(f"{d}/f", os.O_RDWR | os.O_CREAT)
    os.write(fd, b"x")
    directory = os.open(d, os.O_RDONLY | os.O_DIRECTORY)
    return [os.fsync(fd), os.fdatasync(fd), os.fsync(directory), call("syncfs", fd),
            call("sync_file_range", fd, ctypes.c_int64(0), ctypes.c_int64(0), 7)]


@case
def direct_io(d):
    fd = os.open(f"{d}/f", os.O_RDWR | os.O_CREAT | os.O_DIRECT)
    page = mmap.mmap(-1, 4096)
    page[:] = b"d" * 4096
    into = mmap.mmap(-1, 4096)
    return [os.pwrite(fd, page, 4096), os.preadv(fd, [into], 4096), into[:10],
            attempt(os.pwrite, fd, page[:100], 1), seen_open(fd), len(content(f"{d}/f"))]


@case
def mapped_writes(d):
    fd = os.open(f"{d}/f", os.O_RDWR | os.O_CREAT)
    os.write(fd, b"x" * 8192)
    found = []
    with mmap.mmap(fd, 8192) as mapped:
        for turn in range(3):
            mapped.flush()
            os.utime(fd, ns=OLD)
            found.append(seen_open(fd)["mtime"])
            mapped[turn] = turn
            mapped.flush()
            found += [seen(f"{d}/f")["mtime"], os.pread(fd, 5, 0)]
        os.close(fd)
        mapped.flush()
        os.utime(f"{d}/f", ns=OLD)
        mapped[5] = 5
        mapped.flush()
        found += [seen(f"{d}/f")["mtime"], content(f"{d}/f")[:8]]
    return found


@case
def holes(d):
    fd = os.open(f"{d}/f", os.O_RDWR | os.O_CREAT)
    os.pwrite(fd, b"x", 1 << 20)
    return [attempt(os.lseek, fd, at, how) for how in (os.SEEK_DATA, os.SEEK_HOLE)
            for at in (0, 4096, 1 << 20, 1 << 21)] + [seen_open(fd)]


@case
def copying_in_the_kernel(d):
    make(f"{d}/from", b"0123456789" * 1000)
    one, two = os.open(f"{d}/from", os.O_RDONLY), os.open(f"{d}/to", os.O_RDWR | os.O_CREAT)
    return [os.copy_file_range(one, two, 5000, 10, 0), os.sendfile(two, one, 0, 100), seen_open(two),
            attempt(fcntl.ioctl, two, 0x40049409, one)]


@case
def size_limit(d):
    def grow():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
        fd = os.open(f"{d}/f", os.O_RDWR | os.O_CREAT)
        if os.write(fd, b"x" * 4000) != 4000 or os.write(fd, b"x" * 4000) != 1000:
            return 200
        for function in (lambda: os.write(fd, b"x"), lambda: os.ftruncate(fd, 6000),
                         lambda: os.posix_fallocate(fd, 0, 6000)):
            if attempt(function) != "EFBIG":
                return 201
        return 0

    def killed():
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
        os.truncate(make(f"{d}/g"), 10000)

    return [in_child(grow), seen(f"{d}/f"), in_child(killed)]


@case
def busy_text(d):
    subprocess.run(["cp", "/bin/sleep", f"{d}/sleep"], check=True)
    running = subprocess.Popen([f"{d}/sleep", "10"])
    time.sleep(0.05)
    found = [try_open(f"{d}/sleep", os.O_WRONLY), attempt(os.truncate, f"{d}/sleep", 0),
             attempt(os.rename, f"{d}/sleep", f"{d}/renamed"), attempt(os.unlink, f"{d}/renamed")]
    running.kill()
    running.wait()
    subprocess.run(["cp", "/bin/true", f"{d}/true"], check=True)
    fd = os.open(f"{d}/true", os.O_WRONLY)
    found.append(attempt(subprocess.run, [f"{d}/true"]))
    os.close(fd)
    return found + [subprocess.run([f"{d}/true"]).returncode]


# --- without a name ---

@case
def unlinked_but_open(d):
    fd = os.open(f"{d}/f", os.O_RDWR | os.O_CREAT)
    os.write(fd, b"x" * 100)
    os.unlink(f"{d}/f")
    found = [seen_open(fd), os.ftruncate(fd, 10), os.fchmod(fd, 0o4711), os.fchown(fd, 1, 2), os.utime(fd, ns=OLD),
             os.setxattr(fd, "user.x", b"y"), os.getxattr(fd, "user.x"), seen_open(fd), os.pwrite(fd, b"y", 50),
             os.pread(fd, 100, 0), os.fsync(fd), seen_open(fd)]
    again = os.open(f"/proc/self/fd/{fd}", os.O_RDWR)
    return found + [os.write(again, b"z"), os.pread(fd, 3, 0),
                    call("linkat", AT_FDCWD, b"/proc/self/fd/%d" % fd, AT_FDCWD, f"{d}/g".encode(), AT_SYMLINK_FOLLOW)]


@case
def replaced_but_open(d):
    make(f"{d}/old", b"old")
    make(f"{d}/new", b"new")
    fd, path = os.open(f"{d}/old", os.O_RDONLY), os.open(f"{d}/old", os.O_PATH)
    os.rename(f"{d}/new", f"{d}/old")
    return [os.read(fd, 10), seen_open(fd), seen_open(path), content(f"{d}/old"), seen(f"{d}/old")]


@case
def removed_directory_in_use(d):
    os.mkdir(f"{d}/gone")
    fd = os.open(f"{d}/gone", os.O_RDONLY)
    os.chdir(f"{d}/gone")
    os.rmdir(f"{d}/gone")
    found = [seen("."), attempt(os.listdir, "."), try_open("f", os.O_CREAT), attempt(os.mkdir, "x"),
             attempt(os.getcwd), seen_open(fd), attempt(os.fchmod, fd, 0o700), seen_open(fd)]
    os.chdir("/")
    return found


@case
def file_without_a_name(d):
    found = []
    for flags in 0, os.O_EXCL:
        fd = os.open(d, os.O_TMPFILE | os.O_RDWR | flags, 0o640)
        found += [os.write(fd, b"x"), seen_open(fd), os.listdir(d),
                  call("linkat", AT_FDCWD, b"/proc/self/fd/%d" % fd, AT_FDCWD, f"{d}/{flags}".encode(), AT_SYMLINK_FOLLOW),
                  call("linkat", fd, b"", AT_FDCWD, f"{d}/second{flags}".encode(), AT_EMPTY_PATH),
                  seen_open(fd), seen(f"{d}/{flags}")]
    return found


# --- names ---

@case
def rename_with_every_flag(d):
    found = []
    for flags in 0, 1, 2, 3, 4, 5, 6, 8:
        for name, other in ("file", "file2"), ("file", "none"), ("file", "dir"), ("dir", "dir2"), ("dir", "full"), \
                ("dir", "file"), ("full", "full/below"), ("none", "file"), ("link", "file"), ("file", "same"):
            at = f"{d}/{flags}-{name}-{other.replace('/', '-')}"
            os.mkdir(at)
            for directory in "dir", "dir2", "full":
                os.mkdir(f"{at}/{directory}")
            make(f"{at}/file", b"one")
            make(f"{at}/file2", b"two")
            make(f"{at}/full/x")
            os.link(f"{at}/file", f"{at}/same")
            os.symlink("file", f"{at}/link")
            found.append(call("renameat2", AT_FDCWD, f"{at}/{name}".encode(), AT_FDCWD, f"{at}/{other}".encode(), flags))
            found.append(differential.tree(at))
    return found


@case
def links(d):
    make(f"{d}/f")
    os.symlink("f", f"{d}/s")
    os.mkdir(f"{d}/dir")
    os.mkfifo(f"{d}/fifo")
    return [attempt(os.link, f"{d}/f", f"{d}/g"), seen(f"{d}/f"), seen(f"{d}/g"), attempt(os.link, f"{d}/f", f"{d}/s"),
            attempt(os.link, f"{d}/s", f"{d}/s2"), seen(f"{d}/s2"), attempt(os.link, f"{d}/dir", f"{d}/dir2"),
            attempt(os.link, f"{d}/fifo", f"{d}/fifo2"), seen(f"{d}/fifo"), os.unlink(f"{d}/f"), seen(f"{d}/g"),
            attempt(os.link, "/dev/null", f"{d}/null"), attempt(os.link, f"{d}/none", f"{d}/x"),
            as_user(1001, 1001, [], os.link, f"{d}/g", f"{d}/h")]


def prepare_most_links(d):
    """Without the mount, which is slower."""
    make(f"{d}/f")
    for number in range(64900):
        os.link(f"{d}/f", f"{d}/{number}")


@case
def most_links(d):
    count = 64900
    while count < 66000 and (said := attempt(os.link, f"{d}/f", f"{d}/{count}")) is None:
        count += 1
    return [said, count, seen(f"{d}/f")]


@case
def long_and_looping_names(d):
    os.symlink("loop", f"{d}/loop")
    for number in range(45):
        os.symlink(f"chain{number + 1}", f"{d}/chain{number}")
    make(f"{d}/chain45")
    make(f"{d}/" + "n" * 255)
    long = "x" * 256
    found = [seen(f"{d}/" + "n" * 255)]
    for path in f"{d}/{long}", f"{d}/loop", f"{d}/loop/x", f"{d}/chain0", f"{d}/chain10", d + "/x" * 2100:
        found += [try_open(path, os.O_CREAT), attempt(os.mkdir, path), attempt(os.unlink, path + "/y"),
                  attempt(os.rename, f"{d}/chain45", path), attempt(os.symlink, "x", path),
                  attempt(os.truncate, path, 0)]
    return found + [attempt(os.symlink, "y" * 4095, f"{d}/text"), attempt(os.symlink, "y" * 4096, f"{d}/text2"),
                    attempt(lambda: len(os.readlink(f"{d}/text"))), attempt(os.symlink, "", f"{d}/empty")]


@case
def special_files(d):
    found = []
    for name, mode in ("fifo", stat.S_IFIFO), ("sock", stat.S_IFSOCK), ("chr", stat.S_IFCHR), ("blk", stat.S_IFBLK), \
            ("reg", stat.S_IFREG), ("dir", stat.S_IFDIR):
        found += [attempt(os.mknod, f"{d}/{name}", mode | 0o4666, os.makedev(1, 3)), seen(f"{d}/{name}"),
                  as_user(1001, 1001, [], os.mknod, f"{d}/{name}-user", mode | 0o666, os.makedev(1, 3))]
    server = socket.socket(socket.AF_UNIX)
    os.chdir(d)
    server.bind("server")
    server.listen()
    client = socket.socket(socket.AF_UNIX)
    found += [client.connect("server"), seen("server"), os.write(os.open("chr", os.O_WRONLY), b"x")]
    os.chdir("/")
    return found


@case
def directories(d):
    os.mkdir(f"{d}/a", 0o7777)
    os.mkdir(f"{d}/a/b")
    make(f"{d}/f")
    return [seen(f"{d}/a"), attempt(os.rmdir, f"{d}/a"), attempt(os.rmdir, f"{d}/f"), attempt(os.unlink, f"{d}/a"),
            attempt(os.mkdir, f"{d}/a"), attempt(os.rmdir, f"{d}/a/b/."), attempt(os.rmdir, f"{d}/a/b/.."),
            os.rmdir(f"{d}/a/b"), seen(f"{d}/a"), os.rmdir(f"{d}/a"), seen(f"{d}/a")]


# --- owners, modes, times ---

@case
def set_id_bits(d):
    """Which go, by who does what to whose file."""
    found = []
    acts = {
        "write": lambda path, fd: os.write(fd, b"x"), "truncate": lambda path, fd: os.truncate(path, 1),
        "ftruncate": lambda path, fd: os.ftruncate(fd, 2), "chown": lambda path, fd: os.chown(path, -1, 1001),
        "chgrp": lambda path, fd: os.chown(path, -1, 2001), "chmod": lambda path, fd: os.chmod(path, 0o6755),
        "fallocate": lambda path, fd: os.posix_fallocate(fd, 0, 100),
        "open": lambda path, fd: os.close(os.open(path, os.O_WRONLY | os.O_TRUNC)),
        "utime": lambda path, fd: os.utime(path),
    }
    for uid, groups in (0, []), (1001, [2001]), (1002, []):
        for owner, group in (1001, 1001), (1001, 3000), (0, 0):
            for mode in 0o6777, 0o4777, 0o2777:
                for name, act in acts.items():
                    path = make(f"{d}/{uid}-{owner}-{group}-{mode:o}-{name}", b"xyz")
                    os.chown(path, owner, group)
                    os.chmod(path, mode)
                    fd = os.open(path, os.O_RDWR)
                    found.append((path[len(d):], as_user(uid, uid, groups, act, path, fd), seen(path)))
                    os.close(fd)
    return found


@case
def file_capabilities(d):
    value = struct.pack("<IIIII", 0x02000001, 0x2000, 0, 0, 0)
    found = []
    for name, act in ("write", lambda path: os.close(os.open(path, os.O_WRONLY | os.O_TRUNC))), \
            ("chown", lambda path: os.chown(path, 1, 1)), ("append", lambda path: make(path, b"new")):
        path = make(f"{d}/{name}")
        os.setxattr(path, "security.capability", value)
        found += [attempt(act, path), attempt(os.getxattr, path, "security.capability")]
    return found


@case
def set_gid_and_sticky_directories(d):
    os.mkdir(f"{d}/dir")
    os.chown(f"{d}/dir", 0, 2001)
    os.chmod(f"{d}/dir", 0o3777)
    found = []
    for uid, gid, groups in (0, 0, []), (1001, 1001, [2001]), (1002, 1002, []):
        at = f"{d}/dir/{uid}"
        as_user(uid, gid, groups, lambda: os.close(os.open(at, os.O_CREAT | os.O_WRONLY, 0o2775)))
        as_user(uid, gid, groups, os.mkdir, at + "d", 0o775)
        as_user(uid, gid, groups, os.mknod, at + "n", 0o2775)
        as_user(uid, gid, groups, os.symlink, "x", at + "s")
        fd = as_user(uid, gid, groups, lambda: os.open(f"{d}/dir", os.O_TMPFILE | os.O_RDWR, 0o2775))
        found += [seen(at + suffix) for suffix in ("", "d", "n", "s")] + [seen_open(fd)]
        found.append(as_user(uid, gid, groups, lambda: os.chmod(at, 0o2755) or seen(at)))
    for uid in 1001, 1002:
        for name in "0", "1001", "1002":
            found += [as_user(uid, uid, [], os.rename, f"{d}/dir/{name}", f"{d}/dir/x{name}"),
                      as_user(uid, uid, [], os.unlink, f"{d}/dir/{name}n"),
                      as_user(uid, uid, [], os.rmdir, f"{d}/dir/{name}d")]
    return found


@case
def supplementary_groups(d):
    path = make(f"{d}/f", mode=0o060)
    os.chown(path, 0, 2002)
    os.mkdir(f"{d}/dir")
    os.chown(f"{d}/dir", 0, 2002)
    os.chmod(f"{d}/dir", 0o770)
    many = list(range(3000, 3300)) + [2002]
    return [as_user(1001, 1001, groups, act) for groups in ([], [2001], [2002], many) for act in
            (lambda: os.close(os.open(path, os.O_RDWR)), lambda: make(f"{d}/dir/x") and None, lambda: os.unlink(f"{d}/dir/x"))]


@case
def owners(d):
    path = make(f"{d}/f")
    os.symlink("f", f"{d}/s")
    os.chown(path, 1001, 1001)
    return [as_user(1001, 1001, [2001], os.chown, path, -1, 2001), as_user(1001, 1001, [2001], os.chown, path, -1, 2002),
            as_user(1001, 1001, [], os.chown, path, 1002, -1), as_user(1002, 1002, [], os.chmod, path, 0o777),
            seen(path), os.lchown(f"{d}/s", 7, 8), seen(f"{d}/s"), seen(path), attempt(os.chown, path, 2**32 - 2, 2**32 - 2),
            seen(path)]


@case
def times(d):
    path = make(f"{d}/f")
    os.chown(path, 1001, 1001)
    os.symlink("f", f"{d}/s")
    found = []
    for ns in (0, 0), (1, 999999999), (-10**9, 2**33 * 10**9), (15 * 10**17 + 123456789, 10**18 + 987654321):
        found += [os.utime(path, ns=ns), seen(path), os.utime(f"{d}/s", ns=ns, follow_symlinks=False), seen(f"{d}/s")]
    os.chmod(path, 0o666)
    return found + [as_user(1002, 1002, [], lambda: os.utime(path)), seen(path), as_user(1002, 1002, [], lambda: os.utime(path, ns=OLD)),
                    as_user(1001, 1001, [], lambda: os.utime(path, ns=OLD)), seen(path)]


@case
def attributes(d):
    path = make(f"{d}/f")
    os.symlink("f", f"{d}/s")
    os.mkdir(f"{d}/dir", 0o1777)
    found = []
    for name in "user.x", "trusted.x", "security.x", "system.x", "x", "user.", "user." + "l" * 250, "user." + "l" * 251:
        for at in path, f"{d}/s", f"{d}/dir":
            for size in 0, 10, 3000, 70000:
                found += [attempt(os.setxattr, at, name, b"v" * size, 0, follow_symlinks=False),
                          attempt(lambda: len(os.getxattr(at, name, follow_symlinks=False)))]
            found += [attempt(os.setxattr, at, name, b"", os.XATTR_CREATE, follow_symlinks=False),
                      sorted(os.listxattr(at, follow_symlinks=False)),
                      as_user(1001, 1001, [], lambda: sorted(os.listxattr(at, follow_symlinks=False))),
                      as_user(1001, 1001, [], os.setxattr, at, name, b"v"), as_user(1001, 1001, [], os.getxattr, at, name),
                      attempt(os.removexattr, at, name, follow_symlinks=False),
                      attempt(os.removexattr, at, name, follow_symlinks=False),
                      attempt(os.setxattr, at, name, b"", os.XATTR_REPLACE, follow_symlinks=False)]
    return found


@case
def access_lists(d):
    def acl(*entries):
        return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", tag, may, who) for tag, may, who in entries)

    none = 0xffffffff
    default = acl((1, 7, none), (2, 6, 1001), (4, 5, none), (8, 7, 2001), (16, 6, none), (32, 0, none))
    os.mkdir(f"{d}/dir")
    found = [attempt(os.setxattr, f"{d}/dir", "system.posix_acl_default", default),
             attempt(os.setxattr, make(f"{d}/f"), "system.posix_acl_default", default),
             attempt(os.setxattr, f"{d}/f", "system.posix_acl_access", acl((1, 7, none))),
             attempt(os.setxattr, f"{d}/f", "system.posix_acl_access", default), seen(f"{d}/f"),
             os.chmod(f"{d}/f", 0o640), os.getxattr(f"{d}/f", "system.posix_acl_access"), seen(f"{d}/f")]
    for mask in 0, 0o77:
        os.umask(mask)
        os.close(os.open(f"{d}/dir/f{mask}", os.O_CREAT | os.O_WRONLY, 0o666))
        os.mkdir(f"{d}/dir/d{mask}", 0o777)
        os.mkfifo(f"{d}/dir/p{mask}", 0o666)
        os.symlink("x", f"{d}/dir/s{mask}")
        fd = os.open(f"{d}/dir", os.O_TMPFILE | os.O_RDWR, 0o666)
        found += [seen_open(fd), sorted(os.listxattr(fd)), os.getxattr(fd, "system.posix_acl_access")]
        os.close(fd)
    os.umask(0o22)
    found.append(differential.tree(f"{d}/dir"))
    for uid, groups in (1001, []), (1002, [2001]), (1003, []):
        found += [as_user(uid, uid, groups, lambda: os.close(os.open(f"{d}/dir/f0", how))) for how in
                  (os.O_RDONLY, os.O_WRONLY)]
        found.append(as_user(uid, uid, groups, os.setxattr, f"{d}/dir/f0", "system.posix_acl_access", default))
    return found


@case
def inode_flags(d):
    extents = 0x80000  # ext4's own: without it a file would be converted

    def read_flags(fd):
        room = bytearray(8)
        fcntl.ioctl(fd, 0x80086601, room)
        return struct.unpack("<q", room)[0]

    def flags_of(path):
        fd = os.open(path, os.O_RDONLY)
        try:
            return read_flags(fd) & ~extents
        finally:
            os.close(fd)

    def change(path, flags):
        fd = os.open(path, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, 0x40086602, struct.pack("<q", flags | read_flags(fd) & extents))
        finally:
            os.close(fd)

    found = []
    for name, flags in ("immutable", 0x10), ("append-only", 0x20), ("no dump", 0x40):
        path, at = make(f"{d}/{name}"), f"{d}/{name} dir"
        os.mkdir(at)
        make(f"{at}/x")
        old = os.open(path, os.O_RDWR)
        for each in path, at:
            found += [as_user(1001, 1001, [], change, each, flags), attempt(change, each, flags), attempt(flags_of, each)]
        found += [attempt(act) for act in (
            lambda: os.close(os.open(path, os.O_WRONLY)), lambda: os.close(os.open(path, os.O_WRONLY | os.O_APPEND)),
            lambda: os.close(os.open(path, os.O_RDONLY | os.O_TRUNC)), lambda: os.write(old, b"x"),
            lambda: os.ftruncate(old, 0), lambda: os.chmod(path, 0o600), lambda: os.chown(path, 1, 1),
            lambda: os.utime(path, ns=OLD), lambda: os.utime(path), lambda: os.setxattr(path, "user.x", b""),
            lambda: os.link(path, f"{d}/link"), lambda: os.rename(path, f"{d}/renamed"),
            lambda: os.rename(f"{d}/renamed", path), lambda: os.posix_fallocate(old, 0, 100),
            lambda: os.mkdir(f"{at}/new"), lambda: os.close(os.open(f"{at}/f", os.O_CREAT)), lambda: os.unlink(f"{at}/x"),
            lambda: os.rmdir(at), lambda: os.unlink(path))]
        os.close(old)
        for each in path, at:
            attempt(change, each, 0)
        found.append(differential.tree(d))
    return found


# --- locks ---

@case
def locks(d):
    path = make(f"{d}/f", b"x" * 100)
    one, two = os.open(path, os.O_RDWR), os.open(path, os.O_RDWR)
    found = [attempt(fcntl.flock, one, fcntl.LOCK_EX), attempt(fcntl.flock, two, fcntl.LOCK_SH | fcntl.LOCK_NB),
             attempt(fcntl.flock, one, fcntl.LOCK_SH), attempt(fcntl.flock, two, fcntl.LOCK_SH | fcntl.LOCK_NB)]
    fcntl.lockf(one, fcntl.LOCK_EX, 10, 20)

    def other():
        fd = os.open(path, os.O_RDWR)
        found_here = [attempt(fcntl.lockf, fd, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start) in ("EAGAIN", "EACCES")
                      for start, length in ((0, 10), (15, 10), (29, 5), (30, 5), (0, 0))]
        asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, _, start, length, _ = struct.unpack("hhqqi4x", fcntl.fcntl(fd, fcntl.F_GETLK, asked))
        return sum(bit << at for at, bit in enumerate(found_here)) if (kind, start, length) == (1, 20, 10) else 99

    found.append(in_child(other))
    description = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 50, 10, 0)
    return found + [attempt(fcntl.fcntl, one, fcntl.F_OFD_SETLK, description) and None,
                    attempt(fcntl.fcntl, two, fcntl.F_OFD_SETLK, description),
                    attempt(fcntl.fcntl, one, fcntl.F_GETLEASE)]


def main():
    bare, mounted, base = sys.argv[1:]
    os.umask(0o22)
    failures = 0
    for number, function in enumerate(CASES, 1):
        found = []
        for side in bare, mounted:
            directory = os.path.join(side, function.__name__)
            os.mkdir(directory)
            os.chmod(directory, 0o777)
            if function is most_links:
                prepare_most_links(os.path.join(base if side == mounted else bare, function.__name__))
            try:
                found.append(repr(function(directory)).replace(directory, ""))
            except OSError as error:
                found.append(f"ended with {error}".replace(directory, ""))
        if function is most_links:
            for side in bare, base:
                shutil.rmtree(os.path.join(side, function.__name__))
        same = found[0] == found[1] and not found[0].startswith("ended with")
        failures += not same
        print(f"{'ok' if same else 'not ok'} {number} - {function.__name__.replace('_', ' ')}")
        if not same:
            at = next((i for i, (one, two) in enumerate(zip(*found)) if one != two), 0)
            print(f"# bare:    …{found[0][max(0, at - 300):at + 200]}\n# mounted: …{found[1][max(0, at - 300):at + 200]}")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
