#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes packages that packaging tools would not: packages.py KIND OUT LIBRARY.

Each KIND is a package "hole" 1.2 with LIBRARY as usr/lib/t/libhole.so.1, and one thing about it.
"""
import gzip
import io
import lzma
import struct
import sys
import tarfile

kind, out, library = sys.argv[1:]
LIBRARY = open(library, "rb").read()
PATH = "./usr/lib/t/libhole.so.1"
CONTROL = b"Package: hole\nVersion: 1.2\nArchitecture: amd64\n"


def entry(path, data=b"", **fields):
    info = tarfile.TarInfo(path)
    info.size, info.mode = len(data), 0o644
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data


def tar(*entries):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def ar(*members):
    data = b"!<arch>\n"
    for name, content in members:
        data += b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (name.encode(), 0, 0, 0, 0o100644, len(content))
        data += content + b"\n" * (len(content) % 2)
    return data


def deb(*entries, control=CONTROL, data=None):
    return ar(("debian-binary", b"2.0\n"), ("control.tar.gz", gzip.compress(tar(entry("./control", control)))),
              ("data.tar.gz", gzip.compress(tar(*entries)) if data is None else data))


def zeros(count):
    """A tar of one library of so many zero bytes, without holding them."""
    info, _ = entry(PATH)
    info.size = count
    packer = lzma.LZMACompressor(preset=0)
    data = packer.compress(info.tobuf(tarfile.GNU_FORMAT))
    for _ in range(count >> 20):
        data += packer.compress(bytes(1 << 20))
    return data + packer.flush()


def header(tags):
    entries = store = b""
    for tag, type_, value in sorted(tags):
        entries += struct.pack(">IIII", tag, type_, len(store), 1)
        store += value
    return b"\x8e\xad\xe8\x01\0\0\0\0" + struct.pack(">II", len(tags), len(store)) + entries + store


def cpio(path, data, mode=0o100644):
    name = path.encode() + b"\0"
    fields = [1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0]
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    head += b"\0" * (-len(head) % 4)
    return head + data + b"\0" * (-len(data) % 4)


def rpm(name=b"hole", entries=None):
    head = header([(1000, 6, name + b"\0"), (1001, 6, b"1.2\0"), (1002, 6, b"3.x86\0"),
                   (1044, 6, b"hole-src-1.2-3.x86.src.rpm\0")])
    if entries is not None:
        head = head[:8] + struct.pack(">I", entries) + head[12:]
    signature = header([(1000, 4, struct.pack(">I", 1))])
    lead = b"\xed\xab\xee\xdb\x03\0" + struct.pack(">HH66sHH16x", 0, 1, b"hole", 1, 5)
    body = cpio(PATH, LIBRARY) + cpio("TRAILER!!!", b"", 0)
    return lead + signature + b"\0" * (-len(signature) % 8) + head + gzip.compress(body)


def apk(info=b"pkgname = hole\npkgver = 1.2-r0\norigin = hole-src\n", name=".PKGINFO"):
    def cut(data):  # without the end mark, as in all but the last part
        return gzip.compress(data.rstrip(b"\0") + b"\0" * (-len(data.rstrip(b"\0")) % 512))
    return cut(tar(entry(".SIGN.RSA.x", b"signature"))) + cut(tar(entry(name, info))) + \
        gzip.compress(tar(entry(PATH[2:], LIBRARY)))


good = entry(PATH, LIBRARY)
packages = {
    "good": lambda: deb(good),
    # paths
    "dots": lambda: deb(good, entry("./usr/lib/../../etc/libevil.so", LIBRARY)),
    "absolute": lambda: deb(good, entry("/usr/lib/t/libevil.so", LIBRARY)),
    "newline": lambda: deb(good, entry("./usr/lib/t/libe\nvil.so", LIBRARY)),
    "twice": lambda: deb(good, good),
    "below-link": lambda: deb(good, entry("./usr/lib/t/x.so", type=tarfile.SYMTYPE, linkname="/etc"),
                              entry("./usr/lib/t/x.so/libevil.so", LIBRARY)),
    "link-of-control": lambda: deb(good, entry("./usr/lib/t/x.so", type=tarfile.SYMTYPE, linkname="a\33[2Jb")),
    "hard-link": lambda: deb(good, entry("./usr/lib/t/libtwin.so", type=tarfile.LNKTYPE, linkname=PATH)),
    "hard-link-out": lambda: deb(good, entry("./usr/lib/t/libtwin.so", type=tarfile.LNKTYPE, linkname="./etc/shadow")),
    "device": lambda: deb(good, entry("./usr/lib/t/null", type=tarfile.CHRTYPE, devmajor=1, devminor=3)),
    "device-outside": lambda: deb(good, entry("./dev/null", type=tarfile.CHRTYPE, devmajor=1, devminor=3)),
    "set-id": lambda: deb(entry(PATH, LIBRARY, mode=0o4755)),
    # sizes
    "bomb": lambda: deb(data=zeros(100 << 20)).replace(b"data.tar.gz ", b"data.tar.xz "),
    "huge": lambda: deb(data=gzip.compress(tarheader_of(1 << 40))),
    "packed-twice": lambda: deb(data=gzip.compress(gzip.compress(tar(good)))),
    "control-bomb": lambda: deb(good, control=CONTROL + b"Description: " + b"x" * (2 << 20) + b"\n"),
    # what is broken
    "empty": lambda: b"",
    "text": lambda: b"#!/bin/sh\nrm -rf /\n" * 50,
    "cut": lambda: deb(good)[:-200],
    "no-data": lambda: ar(("debian-binary", b"2.0\n"), ("control.tar.gz", gzip.compress(tar(entry("./control", CONTROL))))),
    "no-control": lambda: ar(("debian-binary", b"2.0\n"), ("data.tar.gz", gzip.compress(tar(good)))),
    "no-version": lambda: deb(good, control=b"Package: hole\n"),
    "name-of-path": lambda: deb(good, control=b"Package: ../../hole\nVersion: 1\n"),
    "version-of-control": lambda: deb(good, control=b"Package: hole\nVersion: 1\33[2J\n"),
    "format-3": lambda: ar(("debian-binary", b"3.0\n")),
    "damaged": lambda: deb(entry(PATH, LIBRARY[:len(LIBRARY) // 3])),
    "script": lambda: deb(good, entry("./usr/lib/t/libhole.so", b"/* GNU ld script */\n")),
    "nothing": lambda: deb(entry("./usr/share/x", b"x")),
    # changelogs
    "changelog": lambda: deb(good, entry("./usr/share/doc/hole/changelog.Debian.gz", gzip.compress(
        b"hole (1.2) x; urgency=HIGH\n\n  * Fix \xff CVE-2026-0001\33[2J\tand CVE-2026-00 or \xc2\x85.\n"
        b"  * CVE-2026-0001 CVE-99999-1234 CVE-2026-123456789012345678901234567890\n\n"
        b" -- A <a@b>  now\n\nhole (1.1) x; urgency=emergency\n\n  * CVE-2025-9999\n"))),
    "changelog-bomb": lambda: deb(good, entry("./usr/share/doc/hole/changelog.Debian.gz", gzip.compress(
        b"hole (1.2) x; urgency=low\n\n" + b"  * x\n" * (2 << 20)))),
    "changelog-no-gzip": lambda: deb(good, entry("./usr/share/doc/hole/changelog.Debian.gz", b"hello\n")),
    # others
    "rpm": rpm,
    "rpm-name": lambda: rpm(b"../hole"),
    "rpm-entries": lambda: rpm(entries=0x7fffffff),
    "rpm-cut": lambda: rpm()[:120],
    "apk": apk,
    "apk-no-info": lambda: apk(name=".OTHER"),
    "apk-no-name": lambda: apk(b"pkgver = 1\n"),
}


def tarheader_of(size):
    info, _ = entry(PATH)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


if kind == "list":
    print(*packages)
else:
    with open(out, "wb") as output:
        output.write(packages[kind]())
