#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Data flows one way, and so do includes: who may see what, checked on every source file.

A header of include/mendfs may include only headers of earlier layers. The library knows no program
and no program another one. Only the daemon sees libfuse, only the publisher's tool signs, and the
daemon's operations see neither signatures nor JSON.
"""
import os
import re
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

# Earlier layers first.
LAYERS = """auto time error span elf abi digest path fs json conf minisign keyring manifest gate trial bundle
            store base gen boot control""".split()
PROGRAMS = ["mendfs", "mendctl", "mend-publish", "mend-agent"]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.M)
# What makes or reads an Ed25519 secret key in libsodium; verifying is everybody's.
SECRET = re.compile(r"\bcrypto_sign(?:_ed25519)?(?:_detached|_keypair|_seed_keypair|_final_create"
                    r"|_sk_to_\w+|_SECRETKEYBYTES)?\b")
# A file of the daemon that answers the kernel is named for it.
OPERATIONS = re.compile(r"src/mendfs/op[_-]")

checks = 0
failed = 0


def report(text, problems):
    global checks, failed
    checks += 1
    if problems:
        failed += 1
    print(f"{'not ok' if problems else 'ok'} {checks} - {text}")
    for problem in problems:
        print(f"# {problem}")


def sources(*folders):
    for folder in folders:
        for path, _, names in os.walk(folder):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.join(path, name)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def code(path):
    """The text without comments, lines kept."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda match: "\n" * match.group().count("\n"),
                  read(path), flags=re.S)


def includes(path):
    return INCLUDE.findall(read(path))


def header_layers():
    problems = []
    for path in sources("include/mendfs"):
        name = os.path.basename(path)[:-2]
        if name not in LAYERS:
            problems.append(f"{path}: in no layer: give it a place in tests/check-layers.py")
            continue
        for include in includes(path):
            match = re.fullmatch(r"mendfs/(\w+)\.h", include)
            if match and (match[1] not in LAYERS
                          or LAYERS.index(match[1]) >= LAYERS.index(name)):
                problems.append(f"{path}: includes {include}, which is no earlier layer")
            elif not match and include.startswith("mendfs/"):
                problems.append(f"{path}: includes {include}, which is no contract")
    return problems


def home(path, include):
    """The folder below src/ that an include speaks of, or None."""
    for base in (os.path.dirname(path), "src", "."):
        full = os.path.normpath(os.path.join(base, include))
        if full.startswith("src/") and os.path.exists(full):
            return full.split("/")[1]
    return None


def each_to_itself():
    problems = []
    for path in sources("src"):
        own = path.split("/")[1]
        for include in includes(path):
            where = home(path, include)
            # The library's inner headers are the library's alone.
            if where and where != own:
                problems.append(f"{path}: includes {include} of src/{where}")
    return problems


def fuse_is_the_daemons():
    return [f"{path}: includes {include}" for path in sources("src", "include")
            if not path.startswith("src/mendfs/")
            for include in includes(path) if re.match(r"fuse|linux/fuse", include)]


def keys_are_the_publishers():
    return [f"{path}: {match.group()}: secret keys are src/mend-publish's alone"
            for path in sources("src", "include") if not path.startswith("src/mend-publish/")
            for match in SECRET.finditer(code(path))]


def operations_are_plain():
    return [f"{path}: includes {include}" for path in sources("src/mendfs")
            if OPERATIONS.match(path) for include in includes(path)
            if re.search(r"jansson|sodium|minisign|keyring|json\.h|curl", include)]


def no_network():
    return [f"{path}: includes {include}" for path in sources("src", "include")
            if not path.startswith("src/mend-agent/")
            for include in includes(path) if re.match(r"curl/|netdb|netinet/|arpa/", include)]


def one_error_convention():
    """Nobody below main prints: the library has no stdout and no stderr."""
    return [f"{path}: {match.group()}" for path in sources("src/lib")
            for match in re.finditer(r"\b(?:printf|puts|perror|syslog|vprintf|putchar)\s*\("
                                     r"|\bstd(?:out|err)\b", code(path))]


def told():
    problems = []
    for path in sources("src", "include", "tests", "examples"):
        text = read(path)
        if not text.startswith("/* SPDX-License-Identifier: MIT */\n"):
            problems.append(f"{path}: does not begin with its SPDX line")
        elif not re.match(r"[^\n]*\n/\*", text):
            problems.append(f"{path}: does not say what it is for")
    return problems


report("a contract includes only earlier layers", header_layers())
report("the library and each program include only themselves and the contracts", each_to_itself())
report("only the daemon sees libfuse", fuse_is_the_daemons())
report("only the publisher's tool has secret-key code", keys_are_the_publishers())
report("the daemon's operations see no signatures and no JSON", operations_are_plain())
report("only the agent talks to a network", no_network())
report("the library prints nothing", one_error_convention())
report("every source file has its licence and says what it is for", told())
print(f"1..{checks}")
sys.exit(1 if failed else 0)
