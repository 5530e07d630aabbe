#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A load on a mount while its processes are killed: no operation may fail, be done twice, be lost, or hang.

storm.py MOUNT STATUS KILLS ROLES [SIGNAL]

MOUNT   the mount; tree and prog below it are read, the writers use MOUNT/work
STATUS  RUN/NAME.json
KILLS   how many; ROLES: comma-separated worker, standby, supervisor; or upgrade: $MENDFS takes over
Prints one line of JSON: {"kills", "operations", "failures": [...], "pauses_ms": {"median", "most"}}; exits 1 on a failure.
"""
import hashlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time

mount, status, kills, roles = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4].split(",")
number = getattr(signal, "SIG" + (sys.argv[5] if len(sys.argv) > 5 else "KILL"))
names = {"worker": "mendfs-worker", "standby": "mendfs-standby", "supervisor": "mendfs"}
over = threading.Event()
failures = []
counts = {}
pauses = []


def fail(what):
    failures.append(what)


def family():
    """{role: pid} of the processes that have STATUS's directory in their arguments or environment."""
    run = os.path.dirname(status)
    wanted = (f"--run\0{run}\0", f"MENDFS_RUN={run}\0")
    found = {}
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        try:
            with open(f"/proc/{pid}/comm") as file:
                comm = file.read().strip()
            if comm not in names.values():
                continue
            with open(f"/proc/{pid}/cmdline") as file, open(f"/proc/{pid}/environ") as more:
                said = file.read() + more.read()
            if not any(text in said for text in wanted):
                continue
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                    continue
        except OSError:
            continue
        for role, name in names.items():
            if comm == name:
                found[role] = int(pid)
    return found


def loop(function):
    def run(index):
        counts[index] = 0
        while not over.is_set():
            try:
                start = time.monotonic()
                function(index)
                counts[index] += 1
                if function is read_one:
                    pauses.append((time.monotonic() - start) * 1000)
            except Exception as error:  # pylint: disable=broad-except
                fail(f"{function.__name__}: {error!r}")
    return run


files = []
sums = {}
for top, _, inside in os.walk(os.path.join(mount, "tree")):
    files += [os.path.join(top, name) for name in inside]
for path in files:
    with open(path, "rb") as opened:
        sums[path] = hashlib.sha256(opened.read()).digest()


def read_one(_index):
    path = random.choice(files)
    with open(path, "rb") as file:
        if hashlib.sha256(file.read()).digest() != sums[path]:
            fail(f"{path}: other content")


def walk(_index):
    seen = 0
    for _top, _dirs, inside in os.walk(os.path.join(mount, "tree")):
        seen += len(inside)
    if seen != len(files):
        fail(f"walk: {seen} files of {len(files)}")


def start_program(_index):
    if subprocess.run([os.path.join(mount, "prog")], check=False).returncode != 0:
        fail("program")


def write(index):
    """Every step is checked: one that was done twice or lost shows."""
    base = os.path.join(mount, "work", f"{index}")
    os.mkdir(base)
    path = os.path.join(base, "a")
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o640)
    data = os.urandom(random.randint(1, 20000))
    os.write(fd, data)
    os.fsync(fd)
    os.link(path, os.path.join(base, "b"))
    links = os.stat(path).st_nlink
    if links != 2:
        other = os.stat(os.path.join(base, "b"))
        fail(f"{links} links, of the other name {other.st_nlink}, same file "
             f"{other.st_ino == os.stat(path).st_ino}")
    os.rename(os.path.join(base, "b"), os.path.join(base, "c"))
    os.symlink("c", os.path.join(base, "s"))
    with open(os.path.join(base, "s"), "rb") as file:
        if file.read() != data:
            fail("read back")
    os.truncate(path, len(data) // 2)
    os.chmod(path, 0o600)
    if os.fstat(fd).st_size != len(data) // 2:
        fail("size")
    os.unlink(path)
    os.write(fd, b"x")
    os.close(fd)
    if sorted(os.listdir(base)) != ["c", "s"]:
        fail(f"names: {sorted(os.listdir(base))}")
    os.unlink(os.path.join(base, "s"))
    os.rename(os.path.join(base, "c"), os.path.join(base, "d"))
    os.unlink(os.path.join(base, "d"))
    os.rmdir(base)


os.makedirs(os.path.join(mount, "work"), exist_ok=True)
jobs = [read_one, read_one, walk, start_program, write, write, write]
threads = [threading.Thread(target=loop(job), args=(i,), daemon=True) for i, job in enumerate(jobs)]
for thread in threads:
    thread.start()

done = 0
while roles == ["upgrade"] and done < kills and not failures:
    time.sleep(random.uniform(0.02, 0.1))
    taken = subprocess.run([os.environ["MENDFS"], "--take-over", mount], check=False, timeout=60,
                           stderr=subprocess.PIPE, text=True)
    if taken.returncode != 0:
        fail(f"take-over: {taken.stderr}")
    done += 1
while done < kills and not failures:
    time.sleep(random.uniform(0.02, 0.1))
    # Never all three: that ends the mount, as it must. So nobody is killed before the family is whole.
    alive = family()
    if len(alive) < len(names):
        continue
    for role in random.sample(roles, min(len(roles), random.choice((1, 1, 2)))):
        try:
            os.kill(alive[role], number)
            done += 1
        except ProcessLookupError:
            pass
time.sleep(1)
over.set()
for thread in threads:
    thread.join(60)
    if thread.is_alive():
        fail("an operation hangs")
print(json.dumps({"kills": done, "operations": sum(counts.values()), "failures": failures[:20],
                  "pauses_ms": {"median": round(statistics.median(pauses), 1),
                                "most": round(max(pauses), 1)}}))
sys.stdout.flush()
os._exit(1 if failures else 0)
