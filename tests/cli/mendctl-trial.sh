#!/bin/bash
# SPDX-License-Identifier: MIT
# The load test: a patch that would keep a program from starting is found by starting it, and nothing
# is installed or left behind.
# limit: 180
. "${0%/*}/../lib.sh"
need_mount
need_command gcc

mendctl=$bin/mendctl
publish=$bin/mend-publish
root=$T/root

# Libraries of three kinds, and programs that use them: one directly, one through another library,
# one not at all, one that cannot start as it is.
mkdir -p "$root/bin" "$T/new" "$T/gone"
lib() { # OUT SOURCE [ARGS…]
	printf '%s\n' "$2" >"$T/source.c"
	gcc -shared -fPIC -Wl,-soname,"${1##*/}" -o "$1" "$T/source.c" "${@:3}" || bail "gcc makes ${1##*/}"
}
program() { # NAME SOURCE LIBRARIES…
	printf '%s\n' "$2" >"$T/source.c"
	gcc -o "$root/bin/$1" "$T/source.c" "${@:3}" -Wl,-rpath,"$root" -Wl,-rpath-link,"$root" ||
		bail "gcc makes $1"
}
good='int used(void) { return 1; } int old(void) { return 2; }'
lib "$root/libleaf.so.1" "$good"
lib "$root/libmiddle.so.1" 'int old(void); int middle(void) { return old(); }' "$root/libleaf.so.1" \
	-Wl,-rpath,"$root"
lib "$T/gone/libgone.so.1" 'int gone;'
program direct 'int used(void), old(void); int main(int n, char **v) { (void)v; return n > 5 ? old() : used(); }' \
	"$root/libleaf.so.1"
program through 'int middle(void); int main(void) { return middle(); }' "$root/libmiddle.so.1"
program modest 'int used(void); int main(void) { return used(); }' "$root/libleaf.so.1"
program apart 'int main(void) { return 0; }'
program broken 'extern int gone; int used(void); int main(void) { return gone + used(); }' \
	"$root/libleaf.so.1" "$T/gone/libgone.so.1"
chmod u+s "$root/bin/modest"
mkdir "$T/tmp"
export TMPDIR=$T/tmp

publisher us
trust us
build() { # OUT RELEASE ARGS…
	"$publish" build --quiet -s "$T/us.key" -o "$T/$1.mend" --id leaf --release "$2" --root "$root" \
		"${@:3}" || bail "builds $1.mend"
}
replace=(--replace "libleaf.so.1=$T/new/libleaf.so.1")
waive=(--waive 'symbol-removed:libleaf.so.1=nobody has ever used it')
lib "$T/new/libleaf.so.1" "${good/return 1/return 3}"
build fix 1 "${replace[@]}"
lib "$T/new/libleaf.so.1" "${good/int old*/}"
build bad 2 "${replace[@]}" "${waive[@]}"

field() { python3 -c 'import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1:]: value = value[int(key) if key.isdigit() else key]
print(value)' "$@"; }
nothing_left() {
	is "$1: no mount" "$(cat /proc/self/mountinfo)" "$mounts"
	is "$1: no process" "$(pgrep -f "$root/bin/" | wc -l)" 0
	is "$1: no file" "$(find "$T/tmp" "$root" -mindepth 1 -newer "$T/before")" ''
}
mounts=$(cat /proc/self/mountinfo)
touch "$T/before"
nothing_installed() {
	is "$1: nothing is installed" "$("$mendctl" list)" "$2"
}

# --- what is found ---

exits 1 "would break programs: $root/bin/direct: undefined symbol: old" \
	'a program that would not start: refused' "$mendctl" install --trial "$T/bad.mend"
is 'its table' "$("$mendctl" install --trial "$T/bad.mend" 2>/dev/null | awk '{ print $1, $2, $3, $4 }' |
	sed "s,$root/bin/,,; s, *$,,")" 'PROGRAM COMPLAINT
direct undefined symbol: old
through undefined symbol: old'
nothing_installed 'refused' 'nothing is installed'
nothing_left 'refused'
"$mendctl" install --json --trial "$T/bad.mend" >"$T/json" 2>/dev/null
is 'its JSON: the code' "$(field error code <"$T/json")" incompatible
is 'its JSON: the program' "$(field trial complaints 0 program <"$T/json")" "$root/bin/direct"
is 'its JSON: how many were tried' "$(field trial tried <"$T/json")" 4
is 'its JSON: what could not start before' "$(field trial complained_already <"$T/json")" 1
exits 1 'would break programs' 'also when only trying' "$mendctl" install --dry-run --trial "$T/bad.mend"
exits 2 'without --no-activate' 'nothing to try when it is only stored' \
	"$mendctl" install --trial --no-activate "$T/fix.mend"
exits 2 'takes no --trial' 'another verb' "$mendctl" list --trial

# --- what is not ---

exits 0 '1 of 4 programs cannot be loaded as it is' 'what is broken already is told' \
	"$mendctl" install --dry-run --trial "$T/fix.mend"
is 'a good patch' "$("$mendctl" install --trial "$T/fix.mend" 2>/dev/null | head -n 1)" \
	'load test: programs that start as before: 3'
is 'is installed' "$("$mendctl" list | awk 'NR > 1 { print $1, $2, $3 }')" 'leaf (a) active'
nothing_left 'a good patch'

cp "$root/bin/direct" "$root/bin/secret"
chmod 711 "$root/bin/secret"
exits 0 'programs that could not be tried: 1' 'what nobody may read is told' \
	"$mendctl" install --dry-run --trial "$T/fix.mend"
rm "$root/bin/secret"
touch "$T/before"

# Everything that a patch can do to a directory.
lib "$T/new/libextra.so.1" 'int old(void) { return 4; }'
lib "$T/new/libleaf.so.1" "${good/int old*/}" "$T/new/libextra.so.1" -Wl,--no-as-needed -Wl,-rpath,"$root/sub"
gcc -shared -fPIC -Wl,-soname,libleaf.so.1 -o "$T/new/libleaf.so.1" -x c - -x none -Wl,--no-as-needed \
	"$T/new/libextra.so.1" -Wl,-rpath,"$root/sub" <<<'int used(void) { return 1; }' || bail 'gcc links'
build moved 3 "${replace[@]}" "${waive[@]}" --add "sub/libextra.so.1.0=$T/new/libextra.so.1" \
	--symlink 'sub/libextra.so.1=libextra.so.1.0'
ok 'a library that is added, behind a symlink' "$mendctl" install --dry-run --trial "$T/moved.mend"
build gone 4 --remove libmiddle.so.1 --waive 'library-removed:libmiddle.so.1=nobody has ever used it'
exits 1 "$root/bin/through: libmiddle.so.1 => not found" 'a library that is removed' \
	"$mendctl" install --trial "$T/gone.mend"

# A resolver or a constructor of the patch that ran would be heard.
lib "$T/new/libleaf.so.1" '#include <unistd.h>
static int one(void) { return 1; }
static int (*choose(void))(void) { write(2, "ran\n", 4); return one; }
int used(void) __attribute__((ifunc("choose")));
int old(void) { return 2; }
__attribute__((constructor)) static void begin(void) { write(2, "ran\n", 4); }'
build loud 5 "${replace[@]}"
ok 'nothing of the patch runs' "$mendctl" install --dry-run --trial "$T/loud.mend"

# --- over a running mount ---

mount_mendfs "$root"
mounts=$(cat /proc/self/mountinfo)
exits 1 "would break programs: $root/bin/direct: undefined symbol: old" \
	'over a mount: a program that would not start' "$mendctl" install --trial "$T/bad.mend"
is 'over a mount: what is active stays so' "$("$mendctl" list | awk 'NR > 1 { print $1, $2, $3 }')" \
	'leaf (a) active'
nothing_left 'over a mount'
"$mendctl" deactivate leaf >"$T/.out" || bail 'deactivates'
ok 'over a mount: a good patch' "$mendctl" install --trial "$T/fix.mend"
ok 'which programs load' "$root/bin/apart"

# --- killed in the middle, which many programs make long ---

for ((i = 0; i < 300; i++)); do
	cp "$root/bin/direct" "$root/bin/direct-$i"
done
touch "$T/before"

"$mendctl" install --dry-run --trial "$T/bad.mend" >"$T/.out" 2>&1 &
started=$!
child=
has_child() { child=$(pgrep -P $started | head -n 1) && [[ -n $child ]]; }
ok 'has begun' eventually 20 has_child
kill -KILL "$started"
wait "$started" 2>/dev/null
is_gone() { [[ ! -e /proc/$child ]] || grep -q '^State:.Z' "/proc/$child/status"; }
ok 'killed: its child goes with it' eventually 5 is_gone
nothing_left 'killed'
