#!/bin/bash
# SPDX-License-Identifier: MIT
# A bundle can be audited with tools that know nothing of mendfs: tar, minisign, zstd, b2sum, python.
. "${0%/*}/../lib.sh"
need_command minisign
need_command zstd

publisher acme
mkdir -p "$T/old/x" "$T/older/x" "$T/out"
lib=x/libhole.so
cp "$bin/mend-publish" "$T/old/$lib"
{ cat "$T/old/$lib"; echo older; } >"$T/older/$lib"
{ cat "$T/old/$lib"; echo mended; } >"$T/new.so"
chmod 0755 "$T/new.so"
echo unwanted >"$T/old/x/unwanted"
echo extra >"$T/extra"
chmod 0600 "$T/extra"

ok "build makes a bundle" "$bin/mend-publish" build -s "$T/acme.key" -o "$T/b.mend" --id hole --release 2 \
	--base-dir "$T/old" --base-dir "$T/older" --delta --issued 2026-11-22T00:00:00Z \
	--expires 2099-01-01 --title 'Mend a hole' --description 'Long.' --severity high \
	--cve CVE-2026-0001 --cve CVE-2026-0002 --os debian:12 --os ubuntu --requires zlib \
	--conflicts gnutls --restart ssh.service \
	--replace $lib="$T/new.so" --add x/extra="$T/extra" --mode x/extra=0640 --remove x/unwanted \
	--symlink x/link=libhole.so --package $lib=libhole=1.0-1 --package $lib=libhole=0.9-1 \
	--fixed-in $lib=libhole=1.0-2

hash() { b2sum -l 256 "$1" | cut -d ' ' -f 1; }
new=$(hash "$T/new.so") old=$(hash "$T/old/$lib") older=$(hash "$T/older/$lib") extra=$(hash "$T/extra")
key=$(sed -n '1s/.* //p' "$T/acme.pub")

# --- tar ---

deltas=$(printf '%s\n' "objects/$new.from/$old.zst" "objects/$new.from/$older.zst")
want=$(printf '%s\n' manifest.json "signatures/$key.minisig"
	printf '%s\n' "$deltas" "objects/$new.zst" "objects/$extra.zst" | LC_ALL=C sort)
is "tar lists its members, in order" "$(tar tf "$T/b.mend")" "$want"
is "they are plain files of root, as old as the release" \
	"$(TZ=UTC tar tvf "$T/b.mend" | awk '{ print $1, $2, $4, $5 }' | sort -u)" \
	'-rw-r--r-- root/root 2026-11-22 00:00'
ok "tar takes them out" tar xf "$T/b.mend" -C "$T/out"

# The same members through GNU tar are the same bytes.
mapfile -t members <<<"$want"
tar -C "$T/out" -b 1 --format=ustar --owner=root:0 --group=root:0 --mode=0644 \
	--mtime=2026-11-22T00:00:00Z -cf "$T/again.mend" "${members[@]}"
# But for the device numbers of what is no device: newer versions leave them empty.
plain() {
	python3 -c '
import sys
data, at = bytearray(open(sys.argv[1], "rb").read()), 0
while at + 512 <= len(data) and data[at]:
    size = int(data[at + 124:at + 135], 8)
    data[at + 148:at + 156] = bytes(8)
    data[at + 329:at + 345] = bytes(16)
    at += 512 + (size + 511) // 512 * 512
open(sys.argv[2], "wb").write(data)' "$1" "$2"
}
plain "$T/b.mend" "$T/b.plain"
plain "$T/again.mend" "$T/again.plain"
ok "GNU tar makes the same file of them" cmp "$T/b.plain" "$T/again.plain"

# --- minisign, zstd, b2sum ---

cd "$T/out" || bail "the members are there"
ok "minisign verifies the manifest" minisign -Vm manifest.json -x "signatures/$key.minisig" -p "$T/acme.pub"
is "the trusted comment tells which release it is" \
	"$(sed -n 's/^trusted comment: //p' "signatures/$key.minisig")" 'mendfs hole 2'
ok "zstd takes the whole content" zstd -q -d "objects/$new.zst" -o whole
is "b2sum says it is what its name says" "$(hash whole)" "$new"
for base in old older; do
	ok "zstd makes it of the delta from the $base base" zstd -q -d --patch-from="$T/$base/$lib" \
		"objects/$new.from/${!base}.zst" -o "from-$base"
	is "that is the same content" "$(hash "from-$base")" "$new"
done
ok "the frames have checksums" test "$(zstd -lv "objects/$new.zst" | grep -c 'Check: XXH64')" = 1
ok "a delta is smaller than 70 % of the whole" test \
	"$(stat -c %s "objects/$new.from/$old.zst")" -lt "$(($(stat -c %s "objects/$new.zst") * 7 / 10))"

# --- the manifest ---

told=
while read -r member; do
	told+=",\"$member\":\"$(hash "$member")\""
done < <(tar tf "$T/b.mend" | grep ^objects/)
build_id=$(readelf -n "$bin/mend-publish" | sed -n 's/.*Build ID: //p')
cat >want.json <<END
{"format":1,"id":"hole","release":2,"title":"Mend a hole","description":"Long.","severity":"high",
"cves":["CVE-2026-0001","CVE-2026-0002"],"issued":"2026-11-22T00:00:00Z",
"expires":"2099-01-01T00:00:00Z","arch":"$(uname -m)","os":[{"id":"debian","version":"12"},
{"id":"ubuntu"}],"root":"/usr/lib","targets":[
{"path":"x/extra","op":"add","base":[],"object":"$extra","size":6,"mode":"0640"},
{"path":"x/libhole.so","op":"replace","base":[
{"blake2b":"$old","build_id":"$build_id","package":"libhole","version":"1.0-1"},
{"blake2b":"$older","build_id":"$build_id","package":"libhole","version":"0.9-1"}],
"object":"$new","size":$(stat -c %s "$T/new.so"),"mode":"0755",
"fixed_in":{"package":"libhole","version":"1.0-2"}},
{"path":"x/link","op":"symlink","base":[],"to":"libhole.so"},
{"path":"x/unwanted","op":"remove","base":[{"blake2b":"$(hash "$T/old/x/unwanted")"}]}],
"requires":["zlib"],"conflicts":["gnutls"],"restart":["ssh.service"],
"members":{${told#,}}}
END
[[ -n $build_id ]] || sed -i 's/"build_id":"",//' want.json
is "the manifest says what was asked for, in one order, on one line" \
	"$(cat manifest.json)" "$(tr -d '\n' <want.json)"
is "and ends with one newline" "$(tail -c 2 manifest.json | od -An -c | tr -d ' ')" '}\n'

# --- our own ---

ok "verify takes it" "$bin/mend-publish" verify "$T/b.mend" -p "$T/acme.pub"
ok "verify --base-dir checks the delta too" "$bin/mend-publish" verify "$T/b.mend" -p "$T/acme.pub" --base-dir "$T/old"
is "and says what it checked" "$("$bin/mend-publish" verify "$T/b.mend" -p "$T/acme.pub" --base-dir "$T/old")" \
	"$T/b.mend: hole (b) verified
  signed by key $key ($T/acme.pub)
  checked objects: 2 whole, 1 deltas
  not checked without their base (see --base-dir): 1 deltas"
trust acme
ok "verify --config trusts keys.d" "$bin/mend-publish" verify "$T/b.mend" --config "$MENDFS_CONFIG"
echo 'paths = /usr/lib/y/*' >"$MENDFS_CONFIG/keys.d/acme.conf"
exits 1 "$T/b.mend: refused: " "verify --config keeps a key to its paths" \
	"$bin/mend-publish" verify "$T/b.mend" --config "$MENDFS_CONFIG"

# --- without being asked: of what is large ---

mkdir "$T/large"
head -c 65536 /dev/urandom >"$T/large/small"
head -c 65537 /dev/urandom >"$T/large/large"
# deltas ARGS…: how many objects of the bundle are
deltas() {
	"$bin/mend-publish" build --quiet --force -s "$T/acme.key" -o "$T/large.mend" --id x --release 1 \
		--base-dir "$T/large" --replace large="$T/large.new" --replace small="$T/small.new" "$@" || return
	tar tf "$T/large.mend" | grep -c '\.from/'
}
for name in small large; do
	{ echo more && head -c "$([[ $name == small ]] && echo 65531 || echo 65532)" "$T/large/$name"; } >"$T/$name.new"
done
is 'of 64 KiB there is no delta, of more there is' "$(deltas)" 1
is 'there is when it is asked for' "$(deltas --delta)" 2
is 'there is none when it is not wanted' "$(deltas --no-delta)" 0
