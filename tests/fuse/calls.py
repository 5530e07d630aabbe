# SPDX-License-Identifier: MIT
"""Does with the tree of read.sh what programs do with files, and prints what comes of it."""
import ctypes
import errno
import fcntl
import mmap
import os
import select
import socket
import struct
import subprocess
import sys

top, scratch = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)


def p(name):
    return os.path.join(top, name)


def show(name):
    def decorate(function):
        try:
            print(name, function())
        except OSError as error:
            print(name, errno.errorcode[error.errno])
    return decorate


def opened(name, flags=os.O_RDONLY):
    return os.open(p(name), flags)


@show("read at offsets")
def _():
    fd = opened("big")
    return [os.pread(fd, 5, at) for at in (0, 1, 4095, 4096, 300000, 399990, 400000, 500000)]


@show("mmap")
def _():
    fd = opened("big")
    with mmap.mmap(fd, 0, prot=mmap.PROT_READ, flags=mmap.MAP_SHARED) as shared, \
            mmap.mmap(fd, 0, prot=mmap.PROT_READ | mmap.PROT_WRITE,
                      flags=mmap.MAP_PRIVATE) as private:
        os.close(fd)
        private[0:3] = b"own"
        return shared[0:8], shared[-8:], private[0:8], len(shared)


@show("sendfile")
def _():
    a, b = socket.socketpair()
    return os.sendfile(a.fileno(), opened("big"), 4090, 20), b.recv(100)


@show("splice")
def _():
    a, b = os.pipe()
    return os.splice(opened("big"), b, 20, offset_src=4090), os.read(a, 100)


@show("copy_file_range")
def _():
    out = os.open(os.path.join(scratch, "copy"), os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    done = os.copy_file_range(opened("big"), out, 10000, offset_src=5)
    return done, os.pread(out, 8, 0)


@show("holes")
def _():
    fd = opened("sparse")
    found, at = [], 0
    while True:
        try:
            data = os.lseek(fd, at, os.SEEK_DATA)
        except OSError as error:
            found.append(errno.errorcode[error.errno])
            return found, os.lseek(fd, 0, os.SEEK_END), os.lseek(fd, 0, os.SEEK_CUR)
        at = os.lseek(fd, data, os.SEEK_HOLE)
        found.append((data, at))


@show("statvfs")
def _():
    fs = os.statvfs(p("big"))
    return fs.f_bsize, fs.f_frsize, fs.f_blocks, fs.f_files, fs.f_namemax


@show("a second statvfs, of a directory")
def _():
    return os.statvfs(p("dir")).f_blocks


@show("exec")
def _():
    return subprocess.run([p("echo"), "ran"], capture_output=True, check=False)


@show("exec of a script")
def _():
    return subprocess.run([p("script")], capture_output=True, check=False).stdout


@show("exec without the bit")
def _():
    os.execv(p("big"), ["big"])


@show("dlopen")
def _():
    return ctypes.CDLL(p("libz.so")).zlibVersion is not None


@show("flock and record locks")
def _():
    fd = opened("big")
    fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    fcntl.lockf(fd, fcntl.LOCK_SH | fcntl.LOCK_NB, 10, 0)
    return "held"


@show("lease")
def _():
    fd = opened("big")
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    return fcntl.fcntl(fd, fcntl.F_GETLEASE) == fcntl.F_RDLCK


@show("fifo")
def _():
    fd = opened("fifo", os.O_RDWR)
    os.write(fd, b"through")
    return os.read(fd, 10)


@show("device")
def _():
    return os.read(opened("zero"), 4)


@show("through /proc/self/fd")
def _():
    return open(f"/proc/self/fd/{opened('big')}", "rb").read(4)


@show("*at calls")
def _():
    fd = opened("dir", os.O_RDONLY | os.O_DIRECTORY)
    return os.stat("below/deep", dir_fd=fd).st_size, os.stat("..", dir_fd=fd).st_ino == os.stat(top).st_ino


for flag, name in (("O_DIRECTORY", "big"), ("O_NOFOLLOW", "link"), ("O_RDONLY", "none"),
                   ("O_RDONLY", "big/x"), ("O_RDONLY", "n" * 256), ("O_RDONLY", "loop"),
                   ("O_RDONLY", "dangling"), ("O_PATH", "link"), ("O_RDONLY", "link"),
                   ("O_RDONLY", "dir/../big"), ("O_RDONLY", "big/"), ("O_RDONLY", "dir/"),
                   ("O_TMPFILE", "big"), ("O_DIRECT", "big"), ("O_NOATIME", "big"),
                   ("O_EXCL", "big"), ("O_RDONLY", "none")):
    show(f"{flag} {name[:20]}")(lambda: os.close(opened(name, getattr(os, flag))) or "opened")


@show("xattr")
def _():
    return (os.getxattr(p("attributes"), "user.one"), sorted(os.listxattr(p("attributes"))),
            libc.getxattr(p("attributes").encode(), b"user.long", None, 0))


@show("xattr into too little room")
def _():
    room = ctypes.create_string_buffer(2)
    return libc.getxattr(p("attributes").encode(), b"user.long", room, 2), ctypes.get_errno()


@show("xattr that is not there")
def _():
    return os.getxattr(p("attributes"), "user.none")


@show("a directory read again from its middle")
def _():
    libc.opendir.restype = libc.readdir.restype = ctypes.c_void_p
    libc.telldir.restype = ctypes.c_long
    libc.telldir.argtypes = libc.readdir.argtypes = libc.rewinddir.argtypes = [ctypes.c_void_p]
    libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]
    handle = libc.opendir(p("many").encode())

    def following():
        entry = libc.readdir(handle)
        return ctypes.string_at(entry + 19) if entry else None

    names, places = [], []
    while True:
        places.append(libc.telldir(handle))
        name = following()
        if name is None:
            break
        names.append(name)
    wrong = 0
    for i in list(range(0, len(names), 97)) + [0, len(names) - 1, 5, 3]:
        libc.seekdir(handle, places[i])
        wrong += following() != names[i]
    libc.rewinddir(handle)
    wrong += following() != names[0]
    return len(names), len(set(names)), wrong


@show("inotify")
def _():
    watch = libc.inotify_init1(0)
    libc.inotify_add_watch(watch, p("dir/below").encode(), 0x20)
    open(p("dir/below/deep"), "rb").close()
    if not select.select([watch], [], [], 5)[0]:
        return "nothing"
    _, mask, _, size = struct.unpack("iIII", os.read(watch, 16 + 256)[:16])
    return hex(mask), size > 0


@show("access")
def _():
    return [os.access(p(name), mode) for name in ("big", "script", "secret", "none")
            for mode in (os.R_OK, os.W_OK, os.X_OK)]
