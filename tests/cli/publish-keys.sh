#!/bin/bash
# SPDX-License-Identifier: MIT
# Keys and signatures go both ways between mend-publish and minisign, with a password and without.
# limit: 180
. "${0%/*}/../lib.sh"
need_command minisign
umask 022

echo secret >"$T/password"
echo wrong >"$T/wrong"
echo message >"$T/message"
mkdir "$T/base"
echo old >"$T/base/f"
echo new >"$T/f"
build() {
	"$bin/mend-publish" build -o "$T/b.mend" --id t --release 1 --base-dir "$T/base" --replace f="$T/f" --force "$@"
}

# --- without a password ---

ok "keygen --no-password" "$bin/mend-publish" keygen -s "$T/plain.key" -p "$T/plain.pub" --no-password
is "the secret key is for its owner alone" "$(stat -c %a "$T/plain.key")" 600
is "the public key is for everybody" "$(stat -c %a "$T/plain.pub")" 644
ok "minisign signs with it" minisign -S -W -s "$T/plain.key" -m "$T/message"
ok "and verifies with the public one" minisign -V -q -m "$T/message" -p "$T/plain.pub"
ok "minisign makes the same public key of the secret one" minisign -R -s "$T/plain.key" -p "$T/again.pub"
is "it is the same" "$(sed -n 2p "$T/again.pub")" "$(sed -n 2p "$T/plain.pub")"

ok "minisign -G -W" minisign -G -W -s "$T/mini.key" -p "$T/mini.pub"
ok "build signs with its key" build -s "$T/mini.key"
ok "verify takes its public key" "$bin/mend-publish" verify "$T/b.mend" -p "$T/mini.pub"
tar xf "$T/b.mend" -C "$T" manifest.json signatures
ok "minisign verifies what build signed" minisign -V -q \
	-m "$T/manifest.json" -x "$T"/signatures/*.minisig -p "$T/mini.pub"

# --- with one (1 GiB of memory and seconds, each time) ---

if [[ $(awk '/MemAvailable/ { print $2 }' /proc/meminfo) -lt 2000000 ]]; then
	skip "scrypt needs 1 GiB of memory"
fi
ok "keygen --password-file" "$bin/mend-publish" keygen \
	-s "$T/sealed.key" -p "$T/sealed.pub" --password-file "$T/password"
# minisign takes the password from standard input when that is no terminal.
ok "minisign signs with it" minisign -S -s "$T/sealed.key" -m "$T/message" <"$T/password"
ok "and verifies with the public one" minisign -V -q -m "$T/message" -p "$T/sealed.pub"
exits 1 "$T/sealed.key: wrong password" "a wrong password is no use" build -s "$T/sealed.key" --password-file "$T/wrong"
cat "$T/password" "$T/password" >"$T/twice"
ok "minisign -G" minisign -G -s "$T/minisealed.key" -p "$T/minisealed.pub" <"$T/twice"
ok "build signs with its key" build -s "$T/minisealed.key" --password-file "$T/password"
ok "verify takes its public key" "$bin/mend-publish" verify "$T/b.mend" -p "$T/minisealed.pub"
exits 2 'no terminal to ask for a password on: give --password-file' "without a terminal nobody is asked" \
	setsid "$bin/mend-publish" sign -s "$T/sealed.key" "$T/b.mend"

# --- keygen says no ---

exits 1 "$T/plain.key: exists: give --force to replace it" "keygen replaces no secret key" \
	"$bin/mend-publish" keygen -s "$T/plain.key" -p "$T/other.pub" --no-password
exits 1 "$T/plain.pub: exists: give --force to replace it" "keygen replaces no public key" \
	"$bin/mend-publish" keygen -s "$T/other.key" -p "$T/plain.pub" --no-password
ok "and leaves no half of a pair" test ! -e "$T/other.key" -a ! -e "$T/other.pub"
before=$(cat "$T/plain.key")
ok "keygen --force" "$bin/mend-publish" keygen \
	-s "$T/plain.key" -p "$T/plain.pub" --no-password --force --comment 'of acme'
ok "makes another key" test "$before" != "$(cat "$T/plain.key")"
is "--comment is in the secret key" "$(head -n 1 "$T/plain.key")" 'untrusted comment: of acme'
is "--comment is in the public key" "$(head -n 1 "$T/plain.pub")" 'untrusted comment: of acme'
keygen() { "$bin/mend-publish" keygen -s "$T/new.key" -p "$T/new.pub" "$@"; }
exits 2 '-s SECRET is missing' "keygen needs -s" "$bin/mend-publish" keygen -p "$T/new.pub"
exits 2 '-p PUBLIC is missing' "keygen needs -p" "$bin/mend-publish" keygen -s "$T/new.key"
exits 2 'secret and public key cannot be the same file' "the two are two files" keygen -p "$T/new.key" --no-password
exits 2 '--password-file and --no-password exclude each other' "with or without a password" \
	keygen --no-password --password-file "$T/password"
exits 2 '--comment has to be one line of at most 900 bytes' "a comment is one line" \
	keygen --no-password --comment $'a\nb'
exits 2 "keygen: 'more' is one argument too many" "nothing more" keygen --no-password more
exits 3 "$T/none: cannot open the password file: No such file or directory" "a password file that is not there" \
	keygen --password-file "$T/none"
: >"$T/empty"
exits 2 "$T/empty: password is empty" "no empty password" keygen --password-file "$T/empty"
head -c 1024 /dev/zero | tr '\0' x >"$T/long"
exits 1 "$T/long: password is longer than 1023 bytes" "no endless password" keygen --password-file "$T/long"
exits 3 "$T/no/key: cannot open its directory: No such file or directory" "a directory that is not there" \
	"$bin/mend-publish" keygen -s "$T/no/key" -p "$T/new.pub" --no-password
exits 2 "'$T/' is not the name of a file" "a directory is no key" \
	"$bin/mend-publish" keygen -s "$T/" -p "$T/new.pub" --no-password --force
ok "no key came of all that" test ! -e "$T/new.key" -a ! -e "$T/new.pub"
