#!/bin/bash
# SPDX-License-Identifier: MIT
# mendctl boot: two boots with a patch that never became healthy switch it off in the third, and a
# damaged counter stops nothing. Boots are told apart by a file bound over the kernel's boot id.
. "${0%/*}/../lib.sh"
need_mount

mendctl=$bin/mendctl
mkdir "$T/base"
echo old >"$T/base/f"
echo old >"$T/base/g"
echo new >"$T/new"
publisher us
trust us
build() { # NAME ID RELEASE PATH [ARGS…]
	"$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/$1.mend" --id "$2" --release "$3" \
		--root "$T/base" --replace "$4=$T/new" "${@:5}" || bail 'builds bundles'
}
build a1 a 1 f
build a2 a 2 f
build b1 b 1 g --requires a

boots=0
begin() {
	boots=$((boots + 1))
	printf '%08x-0000-4000-8000-000000000000\n' $boots >"$T/boot_id"
	"$mendctl" boot begin 2>"$T/said"
}
active() {
	"$mendctl" list | awk '$3 == "active" { print $1 $2 }' | paste -sd ' '
}

touch "$T/boot_id"
mount --bind "$T/boot_id" /proc/sys/kernel/random/boot_id || skip "cannot bind over the boot id"
is 'without a store there is nothing to count' "$(begin)" 'there is no store: nothing to count'
is 'as JSON, too' "$("$mendctl" boot begin --json | python3 -c '
import json, sys
print(*sorted(json.load(sys.stdin)))')" \
	'dry_run event flipped format generation microseconds releases restart'
ok 'and none is made' test ! -e "$T/store"
is 'healthy without a store' "$("$mendctl" boot healthy)" 'there is no store: nothing to count'

ok 'a patch is installed' "$mendctl" install "$T/a1.mend"
is 'nothing was counted' "$("$mendctl" boot status)" \
	'no boot was counted yet: is mendfs-boot.service enabled?'
is 'a boot is counted' "$(begin)" 'this boot is counted: 1 active'
is 'once' "$("$mendctl" boot begin)" 'this boot is counted already'
is 'it becomes healthy' "$("$mendctl" boot healthy)" 'this boot is healthy: what is active stays'
for _ in 1 2 3; do begin >/dev/null; done
is 'what was good once stays through bad boots' "$(active)" 'a(a)'

"$mendctl" boot healthy >/dev/null
ok 'a newer release' "$mendctl" install "$T/a2.mend"
ok 'another patch' "$mendctl" install "$T/b1.mend"
begin >/dev/null
begin >/dev/null
is 'the second boot has them' "$(active)" 'a(b) b(a)'
begin >/dev/null
is 'the third has what was good before' "$(active)" 'a(a)'
is 'and says so' "$(cat "$T/said")" "mendctl: switched off a (b), b (a): 2 boots in a row never became \
healthy; back to a (a)"
is 'the history knows' "$("$mendctl" history --json | python3 -c '
import json, sys
last = json.load(sys.stdin)["events"][-1]
print(last["event"], last["detail"][:25])')" 'boot switched off a (b), b (a)'
is 'mendctl status tells' "$("$mendctl" status | grep -c '): switched off 2')" 2
is 'as JSON, too' "$("$mendctl" status --json | python3 -c '
import json, sys
print([r["id"] + r["label"] for r in json.load(sys.stdin)["switched_off"]])')" "['ab', 'ba']"
is 'mendctl boot status --json' "$("$mendctl" boot status --json | python3 -c '
import json, sys
s = json.load(sys.stdin)
print(s["format"], s["this_boot"], s["healthy"], [(r["id"], r["unhealthy"]) for r in s["active"]],
      [r["id"] for r in s["good"]], len(s["off"]))')" "1 True False [('a', 0)] ['a'] 2"

ok 'it can be tried again' "$mendctl" activate a=b
is 'and is no longer told as off' "$("$mendctl" status | grep -c '): switched off 2')" 1
begin >/dev/null
begin >/dev/null
is 'counted anew' "$(active)" 'a(b)'
"$mendctl" boot healthy >/dev/null
begin >/dev/null
is 'and it stays when a boot is healthy' "$(active)" 'a(b)'

is 'the counter forgets' "$("$mendctl" boot clear)" 'boots are counted anew'
ok 'all of it' test ! -e "$T/store/boot"
begin >/dev/null
begin >/dev/null
echo '{"format": 1' >"$T/store/boot"
begin >/dev/null
is 'a damaged counter stops nothing' "$?" 0
ok 'and is told' grep -q 'boot: .*: boots are counted anew' "$T/said"
is 'the boot is counted' "$("$mendctl" boot status | grep -c '^this boot began')" 1
echo '{"format": 1' >"$T/store/boot"
exits 1 'boot: ' 'status says that it is damaged' "$mendctl" boot status
ok 'healthy mends it' "$mendctl" boot healthy
ok 'it is mended' "$mendctl" boot status

ln -sfn generations/77 "$T/store/current"
begin >/dev/null
is 'nor does a damaged generation' "$?" 0
exits 2 'boot: status, begin, healthy or clear' 'no verb' "$mendctl" boot
umount /proc/sys/kernel/random/boot_id
