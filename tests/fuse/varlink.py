# SPDX-License-Identifier: MIT
"""A caller of a mount's control socket that knows Varlink (https://varlink.org) and nothing of mendfs.

varlink.py SOCKET MOUNT COUNT: calls everything, rightly and wrongly, and prints TAP without a plan."""
import array
import json
import os
import socket
import sys

path, top = sys.argv[1:3]
count = int(sys.argv[3])


class Gone(Exception):
    """The other side has hung up."""


class Caller:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.socket.settimeout(20)
        self.held = b""
        self.descriptors = array.array("i")

    def send(self, raw):
        try:
            self.socket.sendall(raw)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Gone from error

    def ask(self, method, parameters=None, **more):
        self.send(json.dumps({"method": method, "parameters": parameters or {}, **more}).encode() + b"\0")

    def hear(self):
        while b"\0" not in self.held:
            try:
                got, extra, _, _ = self.socket.recvmsg(65536, 1024)
            except ConnectionResetError as error:
                raise Gone from error
            for level, kind, data in extra:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    self.descriptors.frombytes(data)
            if not got:
                raise Gone
            self.held += got
        message, self.held = self.held.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, parameters=None, **more):
        self.ask(method, parameters, **more)
        return self.hear()


def check(text, good, why=""):
    global count
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {text}")
    if not good:
        print(f"# {why}")


def answers(text, got, want):
    check(text, got == want, f"got {got}, want {want}")


def hangs_up(text, raw, ends=False):
    caller = Caller()
    try:
        caller.send(raw)
        if ends:
            caller.socket.shutdown(socket.SHUT_WR)
        check(text, False, f"got {caller.hear()}")
    except Gone:
        check(text, True)


def refused(error, **parameters):
    return {"error": error, "parameters": parameters}


CONTROL = "io.mendfs.Control."
SERVICE = "org.varlink.service."
me = Caller()

# --- what every service has ---

info = me.call(SERVICE + "GetInfo")["parameters"]
answers("GetInfo", (info["product"], info["interfaces"], sorted(info)),
        ("mendfs", ["io.mendfs.Control", "org.varlink.service"],
         ["interfaces", "product", "url", "vendor", "version"]))
for name in info["interfaces"]:
    text = me.call(SERVICE + "GetInterfaceDescription", {"interface": name})["parameters"]["description"]
    check(f"the description of {name}", f"interface {name}\n" in text, text)
described = me.call(SERVICE + "GetInterfaceDescription",
                    {"interface": "io.mendfs.Control"})["parameters"]["description"]
answers("which has these methods",
        sorted(line.split()[1].split("(")[0] for line in described.splitlines()
               if line.startswith("method")),
        ["Abort", "Activate", "Base", "Commit", "Inherit", "Prepare", "Shutdown", "Status", "Subscribe"])
answers("an interface that it has not", me.call(SERVICE + "GetInterfaceDescription", {"interface": "a.b"}),
        refused(SERVICE + "InterfaceNotFound", interface="a.b"))
answers("no interface named", me.call(SERVICE + "GetInterfaceDescription"),
        refused(SERVICE + "InvalidParameter", parameter="interface"))
for method in ("io.mendfs.Control.None", "io.mendfs.Control.", "org.varlink.service.Status"):
    answers(f"no method {method}", me.call(method), refused(SERVICE + "MethodNotFound", method=method))

for method, interface in (("a.b.Status", "a.b"),):
    answers(f"no interface of {method}", me.call(method),
            refused(SERVICE + "InterfaceNotFound", interface=interface))

# --- Status ---

status = me.call(CONTROL + "Status")["parameters"]
answers("Status: what there is", (status["format"], status["mount"], status["root"], status["generation"],
                                  status["read_only"]), (1, top, top, 1, False))
answers("Status: the release", [(r["id"], r["release"], r["label"], r["title"], r["state"])
                                for r in status["releases"]], [("a", 1, "a", "A title", "active")])
answers("Status: the targets", status["releases"][0]["targets"],
        [{"path": "f", "op": "replace", "state": "active", "reason": ""},
         {"path": "g", "op": "add", "state": "active", "reason": ""}])
with open(path.replace(".varlink", ".json"), encoding="utf-8") as file:
    answers("the status file says the same", json.load(file), status)

# --- Prepare, Commit, Abort, Activate ---


def content():
    with open(f"{top}/f", encoding="utf-8") as patched:
        return patched.read().strip()


prepared = me.call(CONTROL + "Prepare", {"generation": 3})
answers("Prepare: what would be served", prepared, {"parameters": {"left_out": [], "targets": [
    {"id": "b", "release": 1, "path": "h", "state": "active", "reason": ""}]}})
answers("and nothing has changed", (content(), os.path.exists(f"{top}/h")), ("new", False))
answers("Commit of another one", me.call(CONTROL + "Commit", {"generation": 1}),
        refused(CONTROL + "Refused", reason="this generation was not prepared"))
done = me.call(CONTROL + "Commit", {"generation": 3})["parameters"]
answers("Commit", (done["generation"], done["microseconds"] >= 0), (3, True))
answers("and it is so", (content(), os.path.exists(f"{top}/h")), ("old", True))
answers("Commit again", me.call(CONTROL + "Commit", {"generation": 3}),
        refused(CONTROL + "Refused", reason="this generation was not prepared"))
me.call(CONTROL + "Prepare", {"generation": 1})
answers("Abort", me.call(CONTROL + "Abort", {"generation": 1}), {"parameters": {}})
answers("after which there is nothing to commit", me.call(CONTROL + "Commit", {"generation": 1}),
        refused(CONTROL + "Refused", reason="this generation was not prepared"))
answers("Abort of nothing", me.call(CONTROL + "Abort", {"generation": 7}), {"parameters": {}})
done = me.call(CONTROL + "Activate", {"generation": 1})["parameters"]
answers("Activate", (done["generation"], content(), os.path.exists(f"{top}/h")), (1, "new", False))
for method in ("Prepare", "Activate"):
    got = me.call(CONTROL + method, {"generation": 99})
    answers(f"{method} of none", (got["error"], "generation 99" in got["parameters"]["reason"]),
            (CONTROL + "Refused", True))
for method in ("Prepare", "Commit", "Activate"):
    for wrong in (None, "1", -1, 1 << 40, True, [1], {}):
        got = me.call(CONTROL + method, {"generation": wrong} if wrong != {} else {})
        if got != refused(SERVICE + "InvalidParameter", parameter="generation"):
            check(f"{method} of {wrong}", False, got)
check("what is no generation is refused everywhere", True)
answers("and changed nothing", content(), "new")

# --- Base ---

answers("Base", me.call(CONTROL + "Base"), {"parameters": {}})
answers("comes with one descriptor", len(me.descriptors), 1)
base = me.descriptors[0]
with open(os.open("f", os.O_RDONLY, dir_fd=base), encoding="utf-8") as file:
    answers("of the base, below the mount", file.read().strip(), "old")

# --- Inherit ---

me.descriptors = array.array("i")
answers("Inherit", (me.call(CONTROL + "Inherit", {"what": "listener"}), len(me.descriptors)),
        ({"parameters": {}}, 1))
os.close(me.descriptors[0])
for wrong in ({}, {"what": "all"}, {"what": 1}, {"what": "mount", "index": 64},
              {"what": "mount", "index": -1}):
    answers(f"Inherit of {wrong}", me.call(CONTROL + "Inherit", wrong),
            refused(SERVICE + "InvalidParameter", parameter="what"))

# --- Subscribe ---

got = me.call(CONTROL + "Subscribe")
check("Subscribe without more is refused", "error" in got, got)
subscriber = Caller()
first = subscriber.call(CONTROL + "Subscribe", more=True)
answers("Subscribe", (first["continues"], first["parameters"]["generation"]), (True, 1))
me.call(CONTROL + "Activate", {"generation": 3})
answers("it hears of a flip", subscriber.hear(),
        {"continues": True, "parameters": {"event": "flip", "generation": 3}})
subscriber.socket.close()
me.call(CONTROL + "Activate", {"generation": 1})
check("and may leave", True)

# --- how messages come ---

me.send(json.dumps({"method": SERVICE + "GetInfo"}).encode() + b"\0" +
        json.dumps({"method": CONTROL + "Abort", "parameters": {"generation": 1}}).encode() + b"\0")
answers("two at once are answered in order", ("product" in me.hear()["parameters"], me.hear()),
        (True, {"parameters": {}}))
for byte in json.dumps({"method": CONTROL + "Abort", "parameters": {"generation": 1}}).encode() + b"\0":
    me.send(bytes([byte]))
answers("one byte at a time", me.hear(), {"parameters": {}})
answers("parameters that are null", me.call(CONTROL + "Status", None)["parameters"]["format"], 1)
me.ask(CONTROL + "Status", oneway=True)
answers("oneway has no answer", me.call(CONTROL + "Abort", {"generation": 1}), {"parameters": {}})

hangs_up("garbage", b"garbage\0")
hangs_up("an empty message", b"\0")
hangs_up("what is no object", b"[]\0")
hangs_up("no method", b"{}\0")
hangs_up("a method that is no text", b'{"method": 1}\0')
hangs_up("a method without an interface", b'{"method": "Status"}\0')
hangs_up("parameters that are no object", b'{"method": "io.mendfs.Control.Status", "parameters": []}\0')
hangs_up("what is said twice", b'{"method": "io.mendfs.Control.Status", "method": "a.b"}\0')
hangs_up("what is not in the protocol", b'{"method": "io.mendfs.Control.Status", "frob": 1}\0')
hangs_up("half a message", b'{"method": "io.mendfs', ends=True)
hangs_up("more than a message may have", b" " * (1024 * 1024 + 70000))
hangs_up("deep nesting", b"[" * 100000 + b"\0")
for _ in range(50):
    Caller().send(b'{"method"')
check("callers who leave in the middle", True)
others = [Caller() for _ in range(25)]
for caller in others:
    caller.ask(SERVICE + "GetInfo")
answers("many at once", [caller.hear()["parameters"]["product"] for caller in others], ["mendfs"] * 25)
crowd = []
try:
    for _ in range(100):
        crowd.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        crowd[-1].setblocking(False)
        crowd[-1].connect(path)
except OSError:
    pass
for caller in [caller.socket for caller in others] + crowd:
    caller.close()
answers("after a crowd it still answers", Caller().call(CONTROL + "Status")["parameters"]["generation"], 1)
me = Caller()
answers("and serves", content(), "new")

# --- Shutdown, last ---

answers("Shutdown", me.call(CONTROL + "Shutdown"), {"parameters": {}})
print(count, file=sys.stderr)
