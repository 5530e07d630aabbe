#!/bin/bash
# SPDX-License-Identifier: MIT
# The same input gives the same bundle, byte for byte; and what is not the same input does not.
. "${0%/*}/../lib.sh"

publisher acme
mkdir -p "$T/base/x" "$T/elsewhere/x"
# Bytes as a program has, but none: it would have to be a whole one.
tail -c +100 "$bin/mend-publish" | head -c 200000 >"$T/base/x/f"
{ head -c 199000 "$T/base/x/f"; echo new; } >"$T/f"
echo g >"$T/g"
echo unwanted >"$T/base/h"

build() {
	local out=$1
	shift
	"$bin/mend-publish" build -s "$T/acme.key" -o "$out" --id t --release 1 --base-dir "$T/base" --delta \
		--replace x/f="$T/f" --add g="$T/g" --remove h --quiet "$@"
}

ok "one bundle" build "$T/1.mend" --issued 2026-11-22
ok "the same again" build "$T/2.mend" --issued 2026-11-22T00:00:00Z
ok "is the same file" cmp "$T/1.mend" "$T/2.mend"

touch -d 2001-01-01 "$T/f" "$T/base/x/f" "$T/g"
cp -r "$T/base/." "$T/elsewhere"
ok "from elsewhere, with other times, in another order of changes and time zone" \
	env TZ=Pacific/Auckland LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1795305600 \
	"$bin/mend-publish" build --remove h --add g="$T/g" --replace x/f="$T/f" --delta --release 1 --id t \
	--base-dir "$T/elsewhere" -o "$T/3.mend" -s "$T/acme.key"
ok "is the same file" cmp "$T/1.mend" "$T/3.mend"

ok "signing again with the same key" "$bin/mend-publish" sign -s "$T/acme.key" "$T/3.mend"
ok "changes nothing" cmp "$T/1.mend" "$T/3.mend"

ok "another time" build "$T/4.mend" --issued 2026-11-23
ok "is another file" test "$(cmp -s "$T/1.mend" "$T/4.mend"; echo $?)" = 1
is "nothing else is left where the bundles are" "$(compgen -G "$T/.tmp-*")" ""

# Without any time given it is now.
before=$(date +%s)
build "$T/5.mend"
after=$(date +%s)
issued=$(date -d "$("$bin/mend-publish" inspect "$T/5.mend" | sed -n 's/^issued *//p')" +%s)
ok "issued is now without --issued" test "$before" -le "$issued" -a "$issued" -le "$after"
