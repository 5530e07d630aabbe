#!/bin/bash
# SPDX-License-Identifier: MIT
# The load test on the publisher's machine, by root and by anybody.
# limit: 120
. "${0%/*}/../lib.sh"
need_mount
need_command gcc
publish=$bin/mend-publish
root=$T/root

mkdir -p "$root/bin" "$T/new"
lib() { # OUT SOURCE
	gcc -shared -fPIC -Wl,-soname,"${1##*/}" -o "$1" -x c - <<<"$2" || bail "gcc makes ${1##*/}"
}
good='int used(void) { return 1; } int old(void) { return 2; }'
lib "$root/libleaf.so.1" "$good"
gcc -o "$root/bin/one" -x c - -x none "$root/libleaf.so.1" -Wl,-rpath,"$root" \
	<<<'int old(void); int main(void) { return old(); }' || bail 'gcc makes one'

publisher us
build() { # OUT
	"$publish" build --quiet -s "$T/us.key" -o "$T/$1.mend" --id leaf --release 1 --root "$root" \
		--replace "libleaf.so.1=$T/new/libleaf.so.1" "${@:2}" 2>"$T/.err" || bail "builds $1.mend"
}
lib "$T/new/libleaf.so.1" "${good/return 1/return 3}"
build fix
lib "$T/new/libleaf.so.1" "${good/int old*/}"
build bad --waive 'symbol-removed:libleaf.so.1=nobody has ever used it'
mounts=$(cat /proc/self/mountinfo)

exits 1 "bad.mend: would break programs: $root/bin/one: undefined symbol: old" \
	'a program that would not start' "$publish" check --trial "$T/bad.mend"
is 'its table' "$("$publish" check --trial "$T/bad.mend" 2>/dev/null | awk '{ print $1, $2, $3 }' |
	tail -n 2 | sed "s, *$,,; s,$root/bin/,,")" 'PROGRAM COMPLAINT
one undefined symbol:'
is 'its JSON' "$("$publish" check --json --trial "$T/bad.mend" 2>/dev/null | python3 -c 'import json, sys
trial = json.load(sys.stdin)["trial"]
print(trial["tried"], len(trial["complaints"]), trial["complaints"][0]["program"])')" "1 1 $root/bin/one"
ok 'without the trial it is not found' "$publish" check "$T/bad.mend"
is 'a good one' "$("$publish" check --trial "$T/fix.mend" | tail -n 1)" \
	'load test: programs that start as before: 1'
exits 2 '--trial are for a bundle' 'two files cannot be tried' \
	"$publish" check --trial --old "$T/us.pub" --new "$T/us.pub"
tried=("$publish" build -s "$T/us.key" -o "$T/tried.mend" --id leaf --release 2 --root "$root"
	--replace "libleaf.so.1=$T/new/libleaf.so.1" --trial)
exits 1 "not signed: would break programs: $root/bin/one: undefined symbol: old" 'build refuses' "${tried[@]}" \
	--waive 'symbol-removed:libleaf.so.1=nobody has ever used it'
ok 'and has made nothing' test ! -e "$T/tried.mend"
lib "$T/new/libleaf.so.1" "${good/return 1/return 3}"
ok 'build takes a good one' "${tried[@]}"
ok 'and has made it' test -s "$T/tried.mend"
is 'no mount is left' "$(cat /proc/self/mountinfo)" "$mounts"

need_command setpriv
anybody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
"${anybody[@]}" unshare -rm true 2>/dev/null || skip 'user namespaces are not for everybody here'
exits 1 "would break programs: $root/bin/one" 'anybody may try' "${anybody[@]}" "$publish" check --trial "$T/bad.mend"
ok 'and a good one' "${anybody[@]}" "$publish" check --trial "$T/fix.mend"
