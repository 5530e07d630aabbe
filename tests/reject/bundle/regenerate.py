#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the bad bundles beside it, each wrong in one way, with tar written by hand, minisign and zstd.

    tests/reject/bundle/regenerate.py

EXPECT tells how each is refused. The keys are a test's: they are worth nothing.
"""
import hashlib
import json
import os
import struct
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ISSUED = 1795305600  # 2026-11-22T00:00:00Z
BASE = b"int hole(void) { return 1; }\n"
FIX = b"int hole(void) { return 0; } /* mended, and longer than it was before */\n"


def digest(data):
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def run(command, data=b""):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def zstd(data, *options):
    """One frame, with its content's size: zstd knows it of a file alone."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return run(["zstd", "-qq", "-19", "-c", *options, file.name])


def delta(data, base):
    with tempfile.NamedTemporaryFile() as file:
        file.write(base)
        file.flush()
        return zstd(data, "--single-thread", "--patch-from=" + file.name)


def sign(data, key="key", *options):
    with tempfile.TemporaryDirectory() as scratch:
        with open(scratch + "/m", "wb") as file:
            file.write(data)
        run(["minisign", "-S", "-W", "-s", f"{HERE}/{key}", "-t", "mendfs t 1", "-m", scratch + "/m", *options])
        with open(scratch + "/m.minisig", "rb") as file:
            return file.read()


def octal(value, width):
    return b"%0*o\0" % (width - 1, value)


def header(name, size, /, **fields):
    """The canonical header; fields replace some of it, before the checksum unless it is one of them."""
    prefix = b""
    name = name.encode()
    if len(name) > 100:
        prefix, name = name.rsplit(b"/", 1)
    parts = {
        "name": name, "mode": octal(0o644, 8), "uid": octal(0, 8), "gid": octal(0, 8),
        "size": octal(size, 12), "mtime": octal(ISSUED, 12), "chksum": b" " * 8, "type": b"0",
        "link": b"", "magic": b"ustar\x0000", "uname": b"root", "gname": b"root",
        "major": octal(0, 8), "minor": octal(0, 8), "prefix": prefix, "rest": b"",
    }
    widths = dict(name=100, mode=8, uid=8, gid=8, size=12, mtime=12, chksum=8, type=1, link=100,
                  magic=8, uname=32, gname=32, major=8, minor=8, prefix=155, rest=12)
    parts.update(fields)

    def join():
        return b"".join(parts[key].ljust(widths[key], b"\0") for key in widths)

    if "chksum" not in fields:
        parts["chksum"] = b"%06o\0 " % sum(join())
    return join()


def member(name, data, /, pad=b"\0", **fields):
    return header(name, len(data), **fields) + data + pad * (-len(data) % 512)


END = b"\0" * 1024


class Bundle:
    """A good one, until something of it is replaced."""

    def __init__(self, members=None, **changes):
        self.target = {"path": "f", "op": "replace", "base": [{"blake2b": digest(BASE)}],
                       "object": digest(FIX), "size": len(FIX), "mode": "0644"}
        self.target.update(changes)
        top = {"format": 1, "id": "t", "release": 1, "title": "t", "issued": "2026-11-22T00:00:00Z",
               "arch": "any", "root": "/usr/lib", "targets": [self.target]}
        if members is not None:
            top["members"] = {name: digest(data) for name, data in members.items()}
        self.manifest = json.dumps(top, separators=(",", ":")).encode() + b"\n"
        self.signature = sign(self.manifest)
        self.object = zstd(FIX)

    def m(self, **fields):
        return member("manifest.json", self.manifest, **fields)

    def s(self, **fields):
        return member(f"signatures/{KEY}.minisig", self.signature, **fields)

    def o(self, **fields):
        return member(f"objects/{digest(FIX)}.zst", self.object, **fields)

    def d(self, base=BASE):
        return member(f"objects/{digest(FIX)}.from/{digest(base)}.zst", delta(FIX, base))

    def file(self):
        return self.m() + self.s() + self.o() + END


def key_id(name):
    with open(f"{HERE}/{name}.pub", encoding="ascii") as file:
        return file.readline().split()[-1]


KEY, OTHER = key_id("key"), key_id("other")
good = Bundle()
bad = {}

# --- the file ---
bad["empty"] = b""
bad["not-a-tar"] = b"PK\3\4" + b"zip it is" * 100
bad["cut-in-a-header"] = good.file()[:700 + 512]
bad["cut-in-a-content"] = (good.m() + good.s())[:-512]
bad["cut-after-a-member"] = good.m() + good.s() + good.o()
bad["cut-in-the-end"] = good.file()[:-512]
bad["end-of-one-block"] = good.m() + good.s() + good.o() + b"\0" * 512 + b"x" * 512
bad["bytes-after-the-end"] = good.file() + b"x"
bad["filled-to-10240"] = good.file().ljust(10240, b"\0")
bad["padding-not-zero"] = good.m(pad=b"x") + good.s() + good.o() + END

# --- members ---
bad["nothing-in-it"] = END
bad["manifest-not-first"] = good.s() + good.m() + good.o() + END
bad["no-signature"] = good.m() + good.o() + END
bad["two-manifests"] = good.m() + good.m() + good.s() + good.o() + END
bad["a-readme"] = good.m() + member("README", b"hello\n") + good.s() + good.o() + END
bad["a-readme-among-objects"] = good.m() + good.s() + member("objects/README", b"hello\n") + good.o() + END
bad["object-before-signature"] = good.m() + good.o() + good.s() + END
bad["object-twice"] = good.m() + good.s() + good.o() + good.o() + END
bad["signature-twice"] = good.m() + good.s() + good.s() + good.o() + END
bad["objects-not-sorted"] = good.m() + good.s() + good.o() + good.d() + END
bad["name-with-dot"] = member("./manifest.json", good.manifest) + good.s() + good.o() + END
bad["name-absolute"] = good.m() + good.s() + member("/etc/shadow", b"root::\n") + good.o() + END
bad["name-with-dots"] = good.m() + good.s() + member("objects/../../etc/shadow", b"root::\n") + good.o() + END
bad["name-of-upper-case"] = good.m() + good.s() + member(f"objects/{digest(FIX).upper()}.zst", good.object) + END
bad["name-too-short"] = good.m() + good.s() + member(f"objects/{digest(FIX)[:-1]}.zst", good.object) + END
bad["name-of-another-suffix"] = good.m() + good.s() + member(f"objects/{digest(FIX)}.xz", good.object) + END

# --- headers ---
bad["a-directory"] = good.m() + header("signatures/", 0, type=b"5") + good.s() + good.o() + END
bad["a-symlink"] = good.m() + header(f"signatures/{KEY}.minisig", 0, type=b"2", link=b"/etc/shadow") + good.o() + END
bad["a-hard-link"] = good.m() + header(f"signatures/{KEY}.minisig", 0, type=b"1", link=b"manifest.json") + good.o() + END
bad["a-pax-header"] = member("pax", b"20 path=manifest.js\n", type=b"x") + good.file()
bad["a-gnu-long-name"] = member("././@LongLink", b"manifest.json\0", type=b"L") + good.file()
bad["type-nul"] = good.m(type=b"\0") + good.s() + good.o() + END
bad["mode-0755"] = good.m(mode=octal(0o755, 8)) + good.s() + good.o() + END
bad["owner-1000"] = good.m(uid=octal(1000, 8)) + good.s() + good.o() + END
bad["group-1000"] = good.m(gid=octal(1000, 8)) + good.s() + good.o() + END
bad["owner-by-name"] = good.m(uname=b"mallory") + good.s() + good.o() + END
bad["group-by-name"] = good.m(gname=b"mallory") + good.s() + good.o() + END
bad["owner-s-name-with-more"] = good.m(uname=b"root\0x") + good.s() + good.o() + END
bad["device-number"] = good.m(major=octal(8, 8)) + good.s() + good.o() + END
bad["checksum-wrong"] = good.m(chksum=b"000000\0 ") + good.s() + good.o() + END
bad["checksum-other-form"] = good.m()[:148] + b" " + good.m()[149:154] + b" \0" + good.m()[156:] + good.s() + good.o() + END
bad["size-in-base-256"] = good.m(size=b"\x80" + b"\0" * 7 + struct.pack(">I", len(good.manifest))) + good.s() + good.o() + END
bad["size-with-blanks"] = good.m(size=b"%11o\0" % len(good.manifest)) + good.s() + good.o() + END
bad["size-beyond-the-file"] = header("manifest.json", 0o77777777777) + good.manifest.ljust(1024, b"\0") + END
bad["magic-of-gnu"] = good.m(magic=b"ustar  \0") + good.s() + good.o() + END
bad["magic-missing"] = good.m(magic=b"") + good.s() + good.o() + END
bad["prefix-for-a-short-name"] = good.m() + member(f"{KEY}.minisig", good.signature, prefix=b"signatures") + good.o() + END
bad["bytes-after-the-prefix"] = good.m(rest=b"x") + good.s() + good.o() + END
bad["time-of-another-member"] = good.m() + good.s(mtime=octal(ISSUED + 1, 12)) + good.o() + END
late = dict(mtime=octal(ISSUED + 1, 12))
bad["time-not-when-issued"] = good.m(**late) + good.s(**late) + good.o(**late) + END

# --- signatures ---
bad["signature-by-another-name"] = good.m() + member(f"signatures/{OTHER}.minisig", good.signature) + good.o() + END
bad["signature-in-lower-case"] = good.m() + member(f"signatures/{KEY.lower()}.minisig", good.signature) + good.o() + END
bad["signature-by-no-name"] = good.m() + member("signatures/.minisig", good.signature) + good.o() + END
bad["signature-too-long"] = good.m() + member(f"signatures/{KEY}.minisig", good.signature.ljust(8193, b"\n")) + good.o() + END
bad["signature-no-minisign"] = good.m() + member(f"signatures/{KEY}.minisig", b"signed, me\n") + good.o() + END
bad["signature-old-form"] = good.m() + member(f"signatures/{KEY}.minisig", sign(good.manifest, "key", "-l")) + good.o() + END
bad["signature-of-another-file"] = good.m() + member(f"signatures/{KEY}.minisig", sign(b"{}")) + good.o() + END
bad["signature-by-a-stranger"] = good.m() + member(f"signatures/{OTHER}.minisig", sign(good.manifest, "other")) + good.o() + END
bad["comment-changed"] = good.m() + member(f"signatures/{KEY}.minisig", good.signature.replace(b"mendfs t 1", b"mendfs t 2")) + good.o() + END
bad["comment-untrusted-changed"] = good.m() + member(f"signatures/{KEY}.minisig", good.signature.replace(b"secret key", b"secret kez")) + good.o() + END
bad["comment-untrusted-of-our-own"] = good.m() + member(f"signatures/{KEY}.minisig", sign(good.manifest, "key", "-c", "mine")) + good.o() + END
bad["manifest-changed"] = member("manifest.json", good.manifest.replace(b'"release":1', b'"release":2')) + good.s() + good.o() + END
bad["manifest-no-json"] = member("manifest.json", b"{") + member(f"signatures/{KEY}.minisig", sign(b"{")) + END

# --- objects ---


def with_object(data):
    return good.m() + good.s() + member(f"objects/{digest(FIX)}.zst", data) + END


frame = good.object
bad["object-missing"] = good.m() + good.s() + END
bad["object-left-over"] = good.m() + good.s() + b"".join(
    member(f"objects/{digest(data)}.zst", zstd(data)) for data in sorted([FIX, b"more"], key=digest)) + END
bad["delta-from-another-base"] = good.m() + good.s() + good.d(b"int other;\n") + good.o() + END
bad["object-empty"] = with_object(b"")
bad["object-not-zstd"] = with_object(b"\x1f\x8b" + b"gzip" * 10)
bad["object-of-other-content"] = with_object(zstd(FIX.replace(b"0", b"2")))
bad["object-too-long"] = with_object(zstd(FIX + b"\n"))
bad["object-too-short"] = with_object(zstd(FIX[:-1]))
bad["object-cut"] = with_object(frame[:-5])
bad["object-checksum-wrong"] = with_object(frame[:-1] + bytes([frame[-1] ^ 1]))
bad["object-two-frames"] = with_object(zstd(FIX) + zstd(b""))
bad["object-bytes-after"] = with_object(frame + b"x")
bad["object-skippable-first"] = with_object(struct.pack("<II", 0x184D2A50, 4) + b"skip" + frame)
bad["object-skippable-after"] = with_object(frame + struct.pack("<II", 0x184D2A50, 4) + b"skip")
bad["object-no-checksum"] = with_object(zstd(FIX, "--no-check"))
bad["object-no-size"] = with_object(zstd(FIX, "--no-content-size"))
bad["object-unused-bit"] = with_object(frame[:4] + bytes([frame[4] | 0x10]) + frame[5:])
bad["object-dictionary"] = with_object(frame[:4] + bytes([frame[4] | 1, 7]) + frame[5:])
# A window of 2^28 bytes, the content's size in 4 bytes.
bad["object-window-28"] = with_object(frame[:4] + bytes([0x84, (28 - 10) << 3]) + struct.pack("<I", len(FIX)) + frame[6:])
# A block that is told to be longer than the content may be.
bad["object-bomb"] = with_object(frame[:4] + bytes([0xa4]) + struct.pack("<I", len(FIX)) +
                                 struct.pack("<I", 1 | 1 << 1 | 100000 << 3)[:3] + b"A" + b"\0\0\0\0")
# The same where the content does not fit zstd's output at once: 3 blocks of 128 KiB for 200000 bytes.
big = b"A" * 200000
large = Bundle(object=digest(big), size=len(big))
block = struct.pack("<I", 1 << 1 | 131072 << 3)[:3] + b"A"
bad["object-bomb-of-blocks"] = large.m() + large.s() + member(
    f"objects/{digest(big)}.zst",
    frame[:4] + bytes([0x84, (18 - 10) << 3]) + struct.pack("<I", len(big)) + block * 3) + END

# --- what the manifest tells of the members ---
WHOLE, DELTA = f"objects/{digest(FIX)}.zst", f"objects/{digest(FIX)}.from/{digest(BASE)}.zst"
told = Bundle({DELTA: delta(FIX, BASE), WHOLE: frame})
bad["members-other-bytes"] = told.m() + told.s() + told.d() + member(WHOLE, zstd(FIX, "-1")) + END
bad["members-delta-missing"] = told.m() + told.s() + told.o() + END
bad["members-whole-missing"] = told.m() + told.s() + told.d() + END
alone = Bundle({WHOLE: frame})
bad["members-not-told"] = alone.m() + alone.s() + alone.d() + alone.o() + END
none = Bundle({})
bad["members-none-told"] = none.m() + none.s() + none.o() + END
bad["object-too-many-bytes"] = with_object(frame + b"\0" * 8192)

for old in os.listdir(HERE):
    if old.endswith(".bundle"):
        os.unlink(f"{HERE}/{old}")
for name, data in bad.items():
    with open(f"{HERE}/{name}.bundle", "wb") as file:
        file.write(data)
# Without and with what the manifest may tell of the members.
for name, one in ("good", good), ("good-told", told):
    with open(f"{HERE}/{name}.bundle", "wb") as file:
        file.write(one.m() + one.s() + one.d() + one.o() + END)
