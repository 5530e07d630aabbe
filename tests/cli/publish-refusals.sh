#!/bin/bash
# SPDX-License-Identifier: MIT
# Every no of build, sign, verify and inspect: its exit code and its one line. None leaves a file.
. "${0%/*}/../lib.sh"

publisher acme
publisher other
key=$(sed -n '1s/.* //p' "$T/acme.pub")
mkdir -p "$T/base/x" "$T/base/dir" "$T/empty"
echo old >"$T/base/f"
echo old >"$T/base/x/g"
ln -s f "$T/base/link"
ln -s x "$T/base/through"
mkfifo "$T/base/fifo"
echo new >"$T/new"
umask 022

build() { "$bin/mend-publish" build -s "$T/acme.key" -o "$T/out.mend" --id t --release 1 --base-dir "$T/base" "$@"; }
# no CODE "TEXT" "what" ARGS…: build says no with exactly this line.
no() {
	local code=$1 text=$2 what=$3 status=0
	shift 3
	build "$@" >"$T/.out" 2>"$T/.err" || status=$?
	is "$what" "$status $(cat "$T/.err" "$T/.out")" "$code mend-publish: $text"
}

# --- what has to be there ---

exits 2 '-s SECRET is missing' "no key" "$bin/mend-publish" build -o "$T/out.mend" --id t --release 1 --remove f
exits 2 '-o OUT.mend is missing' "no output" "$bin/mend-publish" build -s "$T/acme.key" --id t --release 1 --remove f
exits 2 '--id ID is missing' "no id" "$bin/mend-publish" build -s "$T/acme.key" -o "$T/out.mend" --release 1 --remove f
exits 2 '--release N is missing' "no release" \
	"$bin/mend-publish" build -s "$T/acme.key" -o "$T/out.mend" --id t --remove f
no 2 'nothing to publish: give --replace, --add, --remove or --symlink, or --deb, --apt or --tree' "no change"
no 2 "build: 'more' is one argument too many" "an argument" --remove f more
no 2 "option '--bogus' is unknown, or lacks or has a value: see 'mend-publish build --help'" "an unknown option" --bogus
no 2 "option '-z' is unknown, or lacks or has a value: see 'mend-publish build --help'" "an unknown letter" -z
no 2 "option '--title' needs a value" "an option without its value" --title
no 2 "option '--force=yes' is unknown, or lacks or has a value: see 'mend-publish build --help'" \
	"a value where none belongs" --force=yes

# --- the release ---

no 2 "--id OpenSSL: use lower-case letters, digits and +.- (at most 64)" "an id in upper case" --id OpenSSL --remove f
for release in 0 -1 1000001 1x 1.5 ' 1'; do
	no 2 "--release $release: not a number from 1 to 1000000" "release '$release'" --release "$release" --remove f
done
no 2 "--root usr/lib: not an absolute path without '.', '..' and '//'" "a relative root" --root usr/lib --remove f
no 2 "--root /usr/../lib: not an absolute path without '.', '..' and '//'" "a root with dots" \
	--root /usr/../lib --remove f
no 2 "--issued: 'today' is not a time such as 2026-11-22T00:00:00Z" "no time" --issued today --remove f
no 2 "--expires: '2026-02-30' is not a time such as 2026-11-22T00:00:00Z" "no day" --expires 2026-02-30 --remove f
no 2 "--expires 2026-11-22: is not after it is issued, 2026-11-22T00:00:00Z" "expired when issued" \
	--issued 2026-11-22 --expires 2026-11-22 --remove f
no 1 'such a release cannot be published: manifest: severity: "dire": not low, medium, high or critical' \
	"a severity of its own" --severity dire --remove f
no 1 'such a release cannot be published: manifest: title: empty' "no title" --title '' --remove f
no 1 'a text or path is not valid UTF-8' "a title in Latin-1" --title $'\xe9' --remove f
ok "a text of the longest" build --description "$(head -c 16384 /dev/zero | tr '\0' x)" --remove f --force
no 1 'such a release cannot be published: manifest: description: 16385 bytes: more than the limit of 16384' \
	"a text that is longer" --description "$(head -c 16385 /dev/zero | tr '\0' x)" --remove f --force
rm "$T/out.mend"

# --- changes ---

no 2 '--replace f: has to be PATH=FILE' "a change without a file" --replace f
no 2 '--replace =new: has to be PATH=FILE' "a change without a path" --replace =new
no 2 '--symlink f=: has to be PATH=TO' "a symlink to nothing" --symlink f=
no 2 'f: is changed twice' "one path twice" --remove f --replace f="$T/new"
no 2 '/usr/lib/x/g: paths are relative to the root: write x/g' "a path with the root" --replace /usr/lib/x/g="$T/new"
no 2 '/etc/passwd: is not below the root /usr/lib: see --root' "a path elsewhere" --remove /etc/passwd
no 2 "../f: not a path below the root: no '.', '..' or '//' may be in it" "a path that climbs" --remove ../f
no 1 "such a release cannot be published: manifest: targets[1].path: \"f/y\": below \"f\", which is a target" \
	"a path below another" --remove f --symlink f/y=x
no 3 "$T/none: cannot open: No such file or directory" "a file that is not there" --replace f="$T/none"
no 1 "$T/base: not a regular file" "a directory as a file" --replace f="$T/base"
no 1 "none/at/all: is not in the base: see --base-dir, or use --add (looked in $T/base)" \
	"nothing to replace" --replace none/at/all="$T/new"
no 1 "none: is not in the base: see --base-dir (looked in $T/base, $T/empty)" \
	"nothing to remove, anywhere" --base-dir "$T/empty" --remove none
no 1 "f: is in the base $T/base already: use --replace" "something to add that is there" --add f="$T/new"
no 1 "f: $T/base/f is what the base $T/base has already: nothing to fix" "the same content" --replace f="$T/base/f"
no 1 "link: is a symlink to 'f' in $T/base: replace what it leads to, or use --symlink" "a symlink to replace" \
	--replace link="$T/new"
no 1 "link: is a symlink to 'f' in $T/base already: nothing to fix" "the same symlink" --symlink link=f
no 1 "$T/base/through/g: goes through a symlink: give the path that it leads to" "a path through a symlink" \
	--replace through/g="$T/new"
no 1 "$T/base/dir: is neither a regular file nor a symlink" "a directory to replace" --replace dir="$T/new"
no 1 "$T/base/fifo: is neither a regular file nor a symlink" "a FIFO to remove" --remove fifo
no 3 "$T/nowhere: cannot open the base directory: No such file or directory" "a base that is not there" \
	--base-dir "$T/nowhere" --remove f
no 2 '--mode f=4755: at most 0755 can be published' "a set-id mode" --replace f="$T/new" --mode f=4755
no 2 '--mode f=0777: at most 0755 can be published' "a mode for everybody to write" --replace f="$T/new" --mode f=0777
no 2 '--mode f=rw: at most 0755 can be published' "a mode in letters" --replace f="$T/new" --mode f=rw
no 2 '--mode f: only a replaced or added file has one' "a mode of what is removed" --remove f --mode f=0644
no 2 'g: nothing changes this path' "a mode of nothing" --remove f --mode g=0644
no 2 'f=zlib: has to be PATH=NAME=VERSION' "a package without a version" --remove f --package f=zlib
no 2 'f=zlib=: has to be PATH=NAME=VERSION' "a fix without a version" --remove f --fixed-in f=zlib=
no 2 '--package f=b=2: one more than base directories' "more packages than bases" \
	--remove f --package f=a=1 --package f=b=2
cp "$T/new" "$T/setuid"
chmod 4755 "$T/setuid"
no 2 "$T/setuid: set-id bits cannot be published: give --mode f=0755" "a set-id file" --replace f="$T/setuid"

# --- keys ---

no 3 "$T/none.key: cannot open the secret key: No such file or directory" "a key that is not there" \
	-s "$T/none.key" --remove f
no 1 "$T/acme.pub: not a minisign secret key" "a public key" -s "$T/acme.pub" --remove f
no 1 "$T/base: not a regular file" "a directory as a key" -s "$T/base" --remove f
head -c 5000 /dev/zero >"$T/big.key"
chmod 600 "$T/big.key"
no 1 "$T/big.key: 5000 bytes: more than the limit of 4096" "a key too large" -s "$T/big.key" --remove f
ok "nothing was written" test ! -e "$T/out.mend" -a -z "$(compgen -G "$T/.tmp-*")"
cp "$T/acme.key" "$T/open.key"
chmod 644 "$T/open.key"
ok "a key that others may read still signs" build -s "$T/open.key" --remove f
is "with a warning" "$(build -s "$T/open.key" --remove f --force --quiet 2>&1)" \
	"mend-publish: warning: $T/open.key: others may read this secret key: chmod 600 it"

# --- the output ---

no 1 "$T/out.mend: exists: give --force to replace it" "an output that exists" --remove f
before=$(b2sum <"$T/out.mend")
no 1 "f: $T/base/f is what the base $T/base has already: nothing to fix" "a failure with --force" \
	--replace f="$T/base/f" --force
is "leaves the old output as it was" "$(b2sum <"$T/out.mend")" "$before"
ok "--force replaces it" build --replace f="$T/new" --force
ok "by another" test "$(b2sum <"$T/out.mend")" != "$before"
no 3 "$T/nowhere/out.mend: cannot open its directory: No such file or directory" "an output nowhere" \
	-o "$T/nowhere/out.mend" --remove f

# --- sign ---

sign() { "$bin/mend-publish" sign -s "$T/other.key" "$@"; }
exits 2 'sign: BUNDLE is missing' "sign: no bundle" sign
exits 2 "sign: 'more' is one argument too many" "sign: two bundles" sign "$T/out.mend" more
exits 2 '-s SECRET is missing' "sign: no key" "$bin/mend-publish" sign "$T/out.mend"
exits 3 "$T/none: cannot open: No such file or directory" "sign: a bundle that is not there" sign "$T/none"
exits 1 "$T/new: bundle is cut off at byte 4" "sign: no bundle" sign "$T/new"
exits 1 "$T/out.mend: exists: give --force to replace it" "sign -o: an output that exists" \
	sign "$T/out.mend" -o "$T/out.mend"
cp "$T/out.mend" "$T/broken.mend"
size=$(stat -c %s "$T/broken.mend")
printf 'x' | dd of="$T/broken.mend" bs=1 seek=$((size - 1024 - 512 + 10)) conv=notrunc 2>/dev/null
before=$(b2sum <"$T/broken.mend")
exits 1 "$T/broken.mend: not signed: member 'objects/" "sign: an object that is broken" sign "$T/broken.mend"
is "stays as it was" "$(b2sum <"$T/broken.mend")" "$before"
ok "sign adds a signature" sign "$T/out.mend" -o "$T/two.mend"
is "the other one stays" "$(tar tf "$T/two.mend" | grep -c '^signatures/')" 2
ok "either key is enough" "$bin/mend-publish" verify "$T/two.mend" -p "$T/other.pub"
ok "both are good" "$bin/mend-publish" verify "$T/two.mend" -p "$T/other.pub" -p "$T/acme.pub"

# --- verify, inspect ---

exits 2 'verify: BUNDLE is missing' "verify: no bundle" "$bin/mend-publish" verify -p "$T/acme.pub"
exits 2 'verify: give either -p PUBLIC or --config DIR' "verify: no key" "$bin/mend-publish" verify "$T/out.mend"
exits 2 'verify: give either -p PUBLIC or --config DIR' "verify: keys from both" \
	"$bin/mend-publish" verify "$T/out.mend" -p "$T/acme.pub" --config "$MENDFS_CONFIG"
exits 3 "$T/none.pub: cannot open: No such file or directory" "verify: a key that is not there" \
	"$bin/mend-publish" verify "$T/out.mend" -p "$T/none.pub"
exits 1 "$T/acme.key: not a minisign public key" "verify: a secret key" \
	"$bin/mend-publish" verify "$T/out.mend" -p "$T/acme.key"
exits 1 "$T/out.mend: refused: signed by key $key, which is not trusted" "verify: another key" \
	"$bin/mend-publish" verify "$T/out.mend" -p "$T/other.pub"
exits 1 "$T/broken.mend: refused: member 'objects/" "verify: an object that is broken" \
	"$bin/mend-publish" verify "$T/broken.mend" -p "$T/acme.pub"
exits 3 "$T/none: cannot open: No such file or directory" "verify: a bundle that is not there" \
	"$bin/mend-publish" verify "$T/none" -p "$T/acme.pub"
exits 1 "$T/new: refused: bundle is cut off at byte 4" "verify: no bundle" \
	"$bin/mend-publish" verify "$T/new" -p "$T/acme.pub"
exits 3 "$T/nowhere: cannot open: No such file or directory" "verify: no configuration" \
	"$bin/mend-publish" verify "$T/out.mend" --config "$T/nowhere"
build --remove f --force --quiet --issued 2001-01-01 --expires 2001-01-02
exits 0 "$T/out.mend: expired 2001-01-02T00:00:00Z: machines refuse it" "verify warns of an expired one" \
	"$bin/mend-publish" verify "$T/out.mend" -p "$T/acme.pub"
exits 2 'inspect: BUNDLE is missing' "inspect: no bundle" "$bin/mend-publish" inspect
exits 3 "$T/none: cannot open: No such file or directory" "inspect: a bundle that is not there" \
	"$bin/mend-publish" inspect "$T/none"
exits 1 "$T/new: bundle is cut off at byte 4" "inspect: no bundle" "$bin/mend-publish" inspect "$T/new"
exits 2 "'mend' is not a verb: see 'mend-publish --help'" "an unknown verb" "$bin/mend-publish" mend
exits 2 'Usage: mend-publish VERB' "no verb" "$bin/mend-publish"
exits 3 'cannot write to standard output: No space left on device' "nowhere to print to" \
	bash -c '"$0" inspect "$1" >/dev/full' "$bin/mend-publish" "$T/out.mend"
