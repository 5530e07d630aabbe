#!/bin/bash
# SPDX-License-Identifier: MIT
# The real thing: this machine's own /usr/lib, in a mount namespace of its own, and another version of
# libssl and libcrypto out of Debian's archive as the patch. Everything on the machine goes on working,
# and a program that is started afterwards has the other version.
# limit: 180
# not sanitized
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"
need_command openssl
need_command dpkg-deb
need_archive

library=$(ldconfig -p | awk '$1 == "libssl.so.3" { print $NF; exit }')
library=$(readlink -f "$library")
[[ $library == /usr/lib/* ]] || skip 'there is no libssl.so.3 in /usr/lib'
dir=${library%/*}
dir=${dir#/usr/lib/}
package=$(dpkg-query -S "$library" "${library#/usr}" 2>/dev/null | cut -d: -f1 | head -n 1)
[[ -n $package ]] || skip 'libssl.so.3 is of no package'
installed=$(dpkg-query -Wf '${Version}' "$package:$(dpkg --print-architecture)")

# --- another version: the newest that the archive has and that tells another number ---

number() { # VERSION: as the library tells it, 3.0.20 of 3.0.20-1~deb12u2
	echo "${1%%-*}"
}
other_version "$package" "$installed" upstream

args=()
for name in libssl.so.3 libcrypto.so.3; do
	file=$(find "$T/other" -name $name -type f)
	args+=(--replace "$dir/$name=$file" --package "$dir/$name=$package=$installed")
done
bundle openssl openssl 1 /usr/lib "${args[@]}" --severity high
before=$(sha256sum "$library")

# --- a machine at work: what has to go on ---

in_use() { # the library that `openssl version` runs with
	openssl version | sed -n 's/.*(Library: OpenSSL \([^ ]*\) .*/\1/p' | grep . || openssl version | awk '{ print $2 }'
}
coproc OLD { exec "$python" -c 'import ssl, sys, hashlib
for line in sys.stdin:
    print(ssl.OPENSSL_VERSION.split()[1], hashlib.new("sha3_256", b"x").hexdigest()[:8], flush=True)'; }
old() {
	local line
	echo >&"${OLD[1]}"
	read -r -t 10 line <&"${OLD[0]}"
	echo "$line"
}
says=$(old)
# Not all of it: a developer's machine may have a hundred thousand files there.
listing() {
	find /usr/lib -maxdepth 2 -printf '%M %n %u %g %s %t %p %l\n' | sort -k 12
}
is 'before: the installed version' "$(in_use)" "$(number "$installed")"
listing >"$T/ls.bare"

mount_mendfs /usr/lib
listing >"$T/ls.mount"
ok 'everything in /usr/lib is the same' diff "$T/ls.bare" "$T/ls.mount"
works() { # WHEN
	local port
	is "$1: digest" "$(echo abc | openssl dgst -sha256 -r)" \
		'edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb *stdin'
	ok "$1: a key and a certificate" openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
		-keyout "$T/tls.key" -out "$T/tls.crt"
	for port in {44330..44350}; do
		spawn openssl s_server -quiet -accept "127.0.0.1:$port" -key "$T/tls.key" -cert "$T/tls.crt" -www \
			>"$T/server.log" 2>&1
		if eventually 5 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" && kill -0 "$spawned" 2>/dev/null; then
			break
		fi
	done
	ok "$1: a TLS handshake" grep -q 'Verify return code: 0' <(openssl s_client -connect "127.0.0.1:$port" \
		-servername localhost -CAfile "$T/tls.crt" </dev/null 2>&1)
	kill "$spawned"
	wait "$spawned" 2>/dev/null
	ok "$1: Python's ssl" "$python" -c 'import ssl, hashlib, json, ctypes, sqlite3; ssl.create_default_context()'
	ok "$1: perl" perl -MPOSIX -MDigest::SHA=sha256_hex -e 'exit sha256_hex("a") ne
		"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"'
	if command -v git >/dev/null; then
		rm -rf "$T/repository"
		ok "$1: git" bash -c "git init -q '$T/repository' && cd '$T/repository' && echo x >x && git add x &&
			git -c user.name=a -c user.email=a@b commit -qm x && git fsck --strict"
	fi
	if command -v gcc >/dev/null; then
		echo '#include <stdio.h>
int main(void) { puts("compiled"); return 0; }' >"$T/hello.c"
		ok "$1: gcc" gcc -O2 -o "$T/hello" "$T/hello.c"
		is "$1: and what it made" "$("$T/hello")" compiled
	fi
	ok "$1: ldconfig finds everything" ldconfig -p
	ok "$1: dpkg knows its files" dpkg-query -S "$library"
}
works 'mounted'
is 'mounted: the installed version' "$(in_use)" "$(number "$installed")"

install openssl
is 'patched: the other version' "$(in_use)" "$(number "$other")"
is 'patched: in Python too' "$("$python" -c 'import ssl; print(ssl.OPENSSL_VERSION.split()[1])')" "$(number "$other")"
works 'patched'
is 'patched: who was there before keeps the old one' "$(old)" "$says"
listing >"$T/ls.patched"
is 'patched: nothing else has changed' "$(diff "$T/ls.bare" "$T/ls.patched" | grep '^>' |
	grep -o '[^/ ]*\.so\.3' | sort | tr '\n' ' ')" 'libcrypto.so.3 libssl.so.3 '

mendctl revert --quiet
is 'reverted: the installed version' "$(in_use)" "$(number "$installed")"
works 'reverted'
listing >"$T/ls.reverted"
ok 'reverted: all is as it was' diff "$T/ls.bare" "$T/ls.reverted"
mendctl activate --quiet openssl
is 'and patched once more' "$(in_use)" "$(number "$other")"
family
kill -KILL "$worker"
is 'also when the worker dies' "$(in_use)" "$(number "$other")"
if ! umount /usr/lib 2>/dev/null; then
	ok 'it is in use: umount -l' umount -l /usr/lib
fi
is 'unmounted: the installed version' "$(in_use)" "$(number "$installed")"
is 'unmounted: the file was never touched' "$(sha256sum "$library")" "$before"
is 'unmounted: who was there before keeps the old one' "$(old)" "$says"
