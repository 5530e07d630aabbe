# SPDX-License-Identifier: MIT
"""Prints what can be known of everything below a directory, a line each, to be compared with diff.

Of a very large directory every name, but not every file."""
import hashlib
import os
import stat
import sys


def content(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:16]


def attributes(path):
    names = sorted(os.listxattr(path, follow_symlinks=False))
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in names}


def describe(path):
    st = os.lstat(path)
    what = [oct(st.st_mode), st.st_nlink, st.st_uid, st.st_gid, st.st_rdev, st.st_ino,
            st.st_blocks, st.st_blksize, st.st_atime_ns, st.st_mtime_ns, st.st_ctime_ns,
            attributes(path)]
    if not stat.S_ISDIR(st.st_mode):
        what.append(st.st_size)
    if stat.S_ISREG(st.st_mode) and st.st_size:
        what.append(content(path))
    if stat.S_ISLNK(st.st_mode):
        what.append(os.readlink(path))
    return what


def walk(top, below=""):
    print(below or ".", *describe(os.path.join(top, below)))
    with os.scandir(os.path.join(top, below)) as entries:
        found = sorted((e.name, e.inode(), e.is_dir(follow_symlinks=False), e.is_symlink(),
                        e.is_file(follow_symlinks=False)) for e in entries)
    print(below or ".", "lists", found)
    for name, _, is_dir, _, _ in found[::1 + len(found) // 1000]:
        path = os.path.join(below, name)
        if is_dir:
            walk(top, path)
        else:
            print(path, *describe(os.path.join(top, path)))


walk(sys.argv[1])
