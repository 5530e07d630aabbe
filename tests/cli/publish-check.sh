#!/bin/bash
# SPDX-License-Identifier: MIT
# The compatibility gate: libraries that gcc made, each broken in one way on purpose, are refused with
# a finding of its own by check, by build before it signs, and by mendctl install.
# limit: 180
. "${0%/*}/../lib.sh"
need_command gcc
publish=$bin/mend-publish

# lib DIR/NAME SOURCE [ARGS…]: a shared library, linked with what is beside it.
lib() {
	local out=$1 source=$2
	shift 2
	mkdir -p "${out%/*}"
	printf '%s\n' "$source" >"$T/source.c"
	gcc -shared -fPIC -O1 -Wl,-z,relro,-z,now -Wl,--build-id -o "$out" "$T/source.c" "$@" ||
		bail "gcc makes ${out##*/}"
}
map() { printf '%s\n' "$2" >"$T/$1"; }

map one.map 'ONE_1 { global: run; data; old; local: *; };'
map both.map 'ONE_1 { global: run; data; local: *; }; ONE_2 { global: old; };'
soname=-Wl,-soname,libone.so.1
versions=-Wl,--version-script=$T/one.map
good='int data[8] = { 1 }; int run(void) { return 1; } int old(void) { return 2; }'
lib "$T/root/libone.so.1" "$good" $soname "$versions"

# --- two files ---

# json TEXT FIELD: a look into what check printed.
names() { python3 -c 'import json, sys
for f in json.load(sys.stdin)["findings"]: print(f["verdict"], f["name"])'; }

# breaks NAME "text": replaced by $T/new/libone.so.1, it is refused with this finding.
breaks() {
	exits 1 "$1" "$2: refused" "$publish" check --old "$T/root/libone.so.1" --new "$T/new/libone.so.1"
	is "$2: its own finding" "$("$publish" check --json --old "$T/root/libone.so.1" \
		--new "$T/new/libone.so.1" 2>/dev/null | names | grep '^breaks')" "breaks $1"
}

lib "$T/new/libone.so.1" "${good/return 1/return 3}" $soname "$versions"
ok "a fix is not refused" "$publish" check --old "$T/root/libone.so.1" --new "$T/new/libone.so.1"
is "a fix has no findings" "$("$publish" check --old "$T/root/libone.so.1" --new "$T/new/libone.so.1")" \
	"$T/new/libone.so.1: nothing found"
is "nor has the same file" "$("$publish" check --json --old "$T/root/libone.so.1" --new "$T/root/libone.so.1")" \
	'{"format":1,"findings":[],"verdict":"none"}'

lib "$T/new/libone.so.1" "${good/int old/int new}" $soname "$versions"
breaks symbol-removed "a removed symbol"
lib "$T/new/libone.so.1" "$good" -Wl,-soname,libone.so.2 "$versions"
breaks soname-changed "a changed SONAME"
lib "$T/new/libone.so.1" "${good/data\[8\]/data[4]}" $soname "$versions"
breaks object-smaller "a smaller data object"
lib "$T/new/libone.so.1" "${good/*run(void)/int data(void) { return 0; \} int run(void)}" $soname "$versions"
breaks symbol-type-changed "a function in place of an object"
lib "$T/new/libone.so.1" "$good" $soname "$versions" -Wl,-z,execstack
breaks exec-stack-gained "an executable stack"
lib "$T/new/libone.so.1" "$good" $soname -Wl,--version-script="$T/both.map"
breaks symbol-removed "a symbol in another version"
head -c 4000 "$T/root/libone.so.1" >"$T/new/libone.so.1"
breaks elf-damaged "a truncated file"
echo 'no library' >"$T/new/libone.so.1"
breaks elf-lost "a text in place of a library"
map empty.map '{ global: run; data; old; local: *; };'
lib "$T/new/libone.so.1" "$good" $soname -Wl,--version-script="$T/empty.map"
exits 1 version-removed "a version that is gone: refused" \
	"$publish" check --old "$T/root/libone.so.1" --new "$T/new/libone.so.1"
if gcc -m32 -shared -fPIC -nostdlib -o "$T/new/libone.so.1" -x c - <<<'int run;' 2>/dev/null; then
	breaks class-changed "a 32-bit library"
fi
lib "$T/new/libone.so.1" "$good" $soname "$versions" -Wl,-z,norelro,-z,lazy -Wl,--build-id=none
is "what protects less is a risk" "$("$publish" check --json --old "$T/root/libone.so.1" \
	--new "$T/new/libone.so.1" | names)" "$(printf '%s\n' 'risk bind-now-lost' 'risk relro-lost' \
	'note build-id-missing')"
exits 2 "--new FILE is missing" "one file alone" "$publish" check --old "$T/root/libone.so.1"
exits 2 "for a bundle" "a root for two files" "$publish" check --old a --new b --root /
exits 2 "BUNDLE" "nothing to check" "$publish" check
exits 1 "" "something else as a bundle" "$publish" check "$T/one.map"


two_files=(check --abidiff --old "$T/root/libone.so.1" --new "$T/new/libone.so.1")
exits 3 "install abigail-tools" "libabigail that is not there" env PATH=/nonexistent "$publish" "${two_files[@]}"
if command -v abidiff >/dev/null; then
	ok "libabigail's word" grep -q '^note  *abidiff ' <("$publish" "${two_files[@]}")
fi

# --- build and install ---

publisher pub
trust pub
build() {
	"$publish" build -s "$T/pub.key" -o "$T/p.mend" --force --id "$1" --release 1 --root "$T/root" "${@:2}"
}
replace=(--replace "libone.so.1=$T/new/libone.so.1")

lib "$T/new/libone.so.1" "${good/int old/int new}" $soname "$versions"
exits 1 "one (a): not signed (see --waive): would break programs: libone.so.1: symbol-removed: a symbol is" \
	"build refuses" build one "${replace[@]}"
ok "and has made nothing" test ! -e "$T/p.mend"
exits 2 "has to be FINDING:PATH=REASON" "a waiver without a reason" build one "${replace[@]}" \
	--waive symbol-removed:libone.so.1
exits 1 "not of a target" "a waiver for another path" build one "${replace[@]}" \
	--waive symbol-removed:libone.so.1=x --waive soname-changed:libtwo.so.1=x
exits 1 "symbol-removed" "a waiver for another finding" build one "${replace[@]}" \
	--waive soname-changed:libone.so.1=x
exits 0 "symbol-removed: waived" "a waiver is heard" build one "${replace[@]}" \
	--waive 'symbol-removed:libone.so.1=nobody has ever used it'
is "and is in the manifest" "$("$publish" inspect --json "$T/p.mend" |
	python3 -c 'import json, sys; print(json.load(sys.stdin)["manifest"]["waivers"])')" \
	"[{'finding': 'symbol-removed', 'path': 'libone.so.1', 'reason': 'nobody has ever used it'}]"
is "check knows of it" "$("$publish" check "$T/p.mend" | awk '{ print $1, $2 }' | tail -n 1)" \
	"waived symbol-removed"
exits 0 "waived by its publisher: libone.so.1: symbol-removed: nobody has ever used it" \
	"install says so" "$bin/mendctl" install "$T/p.mend"
ok "show says so" grep -q 'nobody has ever used it' <("$bin/mendctl" show one)
ok "deactivate" "$bin/mendctl" remove one

# --- what new files need ---

lib "$T/root/libtwo.so.1" 'int run(void); int two(void) { return run(); }' -Wl,-soname,libtwo.so.1 \
	"$T/root/libone.so.1"
map more.map 'ONE_1 { global: run; data; old; local: *; }; ONE_2 { global: more; } ONE_1;'
lib "$T/new/libone.so.1" "$good int more(void) { return 4; }" $soname -Wl,--version-script="$T/more.map"
lib "$T/new/libtwo.so.1" 'int more(void); int two(void) { return more(); }' -Wl,-soname,libtwo.so.1 \
	"$T/new/libone.so.1"
two=(--replace "libtwo.so.1=$T/new/libtwo.so.1")
exits 1 "needed-version-missing: needs a version that is not there: ONE_2 of libone.so.1" \
	"a missing version" build two "${two[@]}"
ok "not missing when it is in the patch" build both "${two[@]}" "${replace[@]}"
ok "which a machine takes" "$bin/mendctl" install "$T/p.mend"
ok "and gives back" "$bin/mendctl" remove both

lib "$T/far/libfar.so.1" 'int far(void) { return 5; }' -Wl,-soname,libfar.so.1
lib "$T/new/libtwo.so.1" 'int far(void); int run(void); int two(void) { return far() + run(); }' \
	-Wl,-soname,libtwo.so.1 "$T/root/libone.so.1" "$T/far/libfar.so.1"
exits 1 "needed-missing: needs a library that is not there: libfar.so.1" "a missing library" \
	build two "${two[@]}"
ok "not missing when it is in the patch" build two "${two[@]}" --add "libfar.so.1=$T/far/libfar.so.1"

# The publisher has what the machine has not.
cp -a "$T/root" "$T/rich"
cp "$T/far/libfar.so.1" "$T/rich/"
ok "not missing when the publisher has it" build two "${two[@]}" --base-dir "$T/rich"
exits 1 "two (a): refused: would break programs: libtwo.so.1: needed-missing" \
	"a machine that lacks it refuses" "$bin/mendctl" install "$T/p.mend"
exits 1 "needed-missing" "also when only trying" "$bin/mendctl" install --dry-run "$T/p.mend"
is "and has installed nothing" "$("$bin/mendctl" list --json | python3 -c 'import json, sys
print(len(json.load(sys.stdin)["releases"]))')" 0
ok "what is only stored is not asked about" "$bin/mendctl" install --no-activate "$T/p.mend"
exits 1 "two (a): refused: would break programs: libtwo.so.1: needed-missing" "until it is activated" \
	"$bin/mendctl" activate two
ok "and goes again" "$bin/mendctl" remove two
exits 1 "needed-missing" "check against that machine's root" "$publish" check "$T/p.mend"
ok "check against the publisher's" "$publish" check --root "$T/rich" "$T/p.mend"

exits 1 "symlink-dangling" "a symlink to nothing" build link --symlink libone.so.1=libone.so.1.0
exits 1 "library-removed" "a library that goes" build gone --remove libone.so.1

# --- half of a pair ---

map a.map 'PAIR_PRIVATE { global: inner; local: *; };'
map b.map 'PAIR_1 { global: outer; local: *; };'
for dir in root new; do
	lib "$T/$dir/libpair-a.so.1" "int inner(void) { return ${#dir}; }" -Wl,-soname,libpair-a.so.1 \
		-Wl,--version-script="$T/a.map"
	lib "$T/$dir/libpair-b.so.1" "int inner(void); int outer(void) { return inner() + ${#dir}; }" \
		-Wl,-soname,libpair-b.so.1 -Wl,--version-script="$T/b.map" "$T/$dir/libpair-a.so.1"
done
a=(--replace "libpair-a.so.1=$T/new/libpair-a.so.1") b=(--replace "libpair-b.so.1=$T/new/libpair-b.so.1")
exits 1 "half-set: shares its insides with a library that is left as it is: libpair-b.so.1" \
	"half of a pair" build pair "${a[@]}"
exits 1 "half-set" "the other half of it" build pair "${b[@]}"
ok "both halves" build pair "${a[@]}" "${b[@]}"
