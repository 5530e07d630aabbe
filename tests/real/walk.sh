#!/bin/bash
# SPDX-License-Identifier: MIT
# The walk of examples/debian-security goes to its end, on this machine's own /usr/lib.
# limit: 240
# not sanitized
. "${0%/*}/../lib.sh"
need_mount
need_command dpkg-deb
need_command apt-get
need_archive
. "${0%/*}/../archive.sh"

# shellcheck disable=SC2119 # no more suites
own_apt
age_libexpat
example=$(cd "${0%/*}/../../examples/debian-security" && pwd)/run.sh
unset MENDFS_STORE MENDFS_CONFIG MENDFS_RUN
export MENDFS_BUILD=$B
status=0
timeout 150 bash "$example" expat openssl >"$T/out" 2>&1 || status=$?
is 'to its end' $status 0
[[ $status == 0 ]] || explain "$T/out"
ok 'expat was patched' grep -Eq '^expat \(a\): active on /usr/lib' "$T/out"
ok 'its file changed' grep -q '^now: .*libexpat' "$T/out"
ok 'and came back' grep -q '^again: .*libexpat' "$T/out"
ok 'scanners are told' grep -Eq '^[1-9][0-9]* package URLs, [1-9][0-9]* CVEs' "$T/out"
ok 'nothing newer' timeout 60 bash "$example" no-such-package
is 'is told' "$(tail -n 1 "$T/.out")" 'There is nothing to mend. Is the list of packages old? See apt-get update.'
is 'nothing is left' "$(find "$TMPDIR" -mindepth 1 | head)" ''
