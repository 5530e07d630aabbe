#!/bin/bash
# SPDX-License-Identifier: MIT
# The help of mend-publish: one verb list, every option of the manual page, on a screen of 80 by 40.
. "${0%/*}/../lib.sh"
page=${0%/*}/../../man/mend-publish.1

widest() { awk '{ if (length > most) most = length } END { print most }'; }
fits() { [[ $(wc -l <<<"$1") -le 40 && $(widest <<<"$1") -le 80 ]]; }

help=$("$bin/mend-publish" --help)
is "--version" "$("$bin/mend-publish" --version)" "mend-publish $(sed -n 's/^VERSION := //p' "${0%/*}/../../Makefile")"
ok "--help fits a screen" fits "$help"
verbs=$(sed -n 's/^  \([a-z]*\) .*/\1/p' <<<"$help")
is "its verbs are those of the manual page" "$verbs" "$(sed -n 's/^\.Ss \([a-z]*\)$/\1/p' "$page")"
for verb in $verbs; do
	help=$("$bin/mend-publish" "$verb" --help)
	is "$verb --help says what it is about" "$(head -n 1 <<<"$help" | cut -d ' ' -f 1-3)" "Usage: mend-publish $verb"
	ok "$verb --help fits a screen" fits "$help"
	# The options of a verb are listed in its part of the page: .It Fl s , Fl -secret Ar file
	manual=$(sed -n "/^\.Ss $verb\$/,/^\.S[sh] /p" "$page" | grep -o '^\.It .*' |
		grep -oE 'Fl -[a-z-]+' | sed 's/Fl -/--/' | sort -u)
	shown=$(grep -oE -- '(^|[ ,])--[a-z-]+' <<<"$help" | grep -oE -- '--[a-z-]+' | grep -vx -e --quiet | sort -u)
	is "$verb --help has the options of the manual page" "$shown" "$manual"
done
