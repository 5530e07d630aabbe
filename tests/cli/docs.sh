#!/bin/bash
# SPDX-License-Identifier: MIT
# The manual is about these programs: each option and verb of --help is in the page and the other
# way round, each limit of the format is in mendfs-format(5), and no page has a warning.
# not sanitized
. "${0%/*}/../lib.sh"

tree=$(cd "${0%/*}/../.." && pwd)
cd "$tree" || bail "the tree is there"

page_of() {
	case $1 in
	mend-publish) echo man/mend-publish.1 ;;
	*) echo "man/$1.8" ;;
	esac
}

# As plain text in wide lines, so that nothing is broken or hyphenated.
rendered() {
	MANWIDTH=400 MAN_KEEP_FORMATTING='' LC_ALL=C man -P cat -E ascii --nh --nj -l "$1" 2>/dev/null |
		col -bx
}

# --help of the program and of each verb that it lists.
help_of() {
	local help verb
	help=$("$bin/$1" --help)
	printf '%s\n' "$help"
	verbs_of "$help" | while read -r verb; do
		# shellcheck disable=SC2086 # "keys add" is two words
		"$bin/$1" $verb --help </dev/null
	done
}

# "  keys add FILE    what it does": the lower-case words that such a line begins with.
verbs_of() {
	sed -nE 's/^  ([a-z]+( [a-z]+)?)( [^ ].*)?( {2,}.*)?$/\1/p' <<<"$1"
}

long_options() {
	grep -oE -- '(^|[^a-zA-Z0-9-])--[a-z][a-z-]+' | grep -oE -- '--[a-z][a-z-]+' | sort -u
}

# Lines of a page that begin with an option document it.
documented() {
	grep -E '^ +-' | long_options
}

missing_from() {
	comm -23 <(printf '%s\n' "$1" | grep .) <(printf '%s\n' "$2" | grep .)
}

for program in mendfs mendctl mend-publish; do
	page=$(page_of "$program")
	ok "$program and $page are there" test -x "$bin/$program" -a -e "$page" || continue
	help=$(help_of "$program")
	text=$(rendered "$page")
	options=$(long_options <<<"$help")
	ok "$program: --help has options" test -n "$options"
	is "$program: each option of --help is in $page" \
		"$(missing_from "$options" "$(long_options <<<"$text")")" ""
	is "$program: each option of $page is in --help" \
		"$(missing_from "$(documented <<<"$text")" "$options")" ""
	lost=$(verbs_of "$("$bin/$program" --help)" | while read -r verb; do
		grep -Eq "(^|[^a-z])$verb([^a-z]|$)" <<<"$text" || echo "$verb"
	done)
	is "$program: each verb of --help is in $page" "$lost" ""
done

# --- limits ---

# "NAME NUMBER" of each limit that is a number, or a product of numbers; what is made of other
# constants is the size of a buffer.
limits() {
	cat include/mendfs/{path,manifest,bundle,minisign,keyring,json}.h |
		sed -nE 's,/\*.*,,; s,[[:space:]]+$,,
			s,^#define[[:space:]]+(MEND_[A-Z_]+_(MAX|DEPTH|FORMAT|BLOCK))[[:space:]]+,\1 ,p' |
		sed -E 's/([0-9])U?LL?/\1/g' | grep -v ' .*[A-Z]'
}

format=$(rendered man/mendfs-format.5)
wrong=$(limits | while read -r name value; do
	number=$((value))
	grep -Eq "(^|[^0-9])$number([^0-9].*)?[^A-Z_]$name([^A-Z_]|$)" <<<"$format" ||
		grep -Eq "[^A-Z_]$name([^A-Z_].*)?[^0-9]$number([^0-9]|$)" <<<"$format" ||
		echo "$name is $number"
done)
is "each limit of the format is in mendfs-format(5)" "$wrong" ""
ok "there are limits to look for" test -n "$(limits)"

# --- warnings ---

# Pages that are not installed here, ours among them, are no fault of the page.
lint() {
	mandoc -Tlint "$1" 2>/dev/null | grep -v 'referenced manual not found'
}

if command -v man >/dev/null; then
	for page in man/*.[1-8]; do
		is "$page: no warnings of man(1)" "$(LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l "$page" \
			2>&1 >/dev/null)" ""
	done
fi
if command -v mandoc >/dev/null; then
	for page in man/*.[1-8]; do
		is "$page: no warnings of mandoc(1)" "$(lint "$page")" ""
	done
fi

# --- units ---

# The programs need not be installed here: a copy names the ones of the build.
if command -v systemd-analyze >/dev/null; then
	for unit in src/systemd/*.service; do
		mkdir -p "$T/units"
		sed -E "s,^(Exec[A-Za-z]*=[-+!:@]*)[^ ]*/(mend[a-z-]*),\1$bin/\2,; /^Documentation=/d" \
			"$unit" >"$T/units/${unit##*/}"
		is "${unit##*/}: systemd-analyze verify" \
			"$(systemd-analyze verify "$T/units/${unit##*/}" 2>&1)" ""
	done
fi
