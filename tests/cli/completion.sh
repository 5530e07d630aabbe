#!/bin/bash
# SPDX-License-Identifier: MIT
# Every verb and every option that --help tells is completed, by each shell that is here.
. "${0%/*}/../lib.sh"

dir=$(cd "${0%/*}/../../src/completion" && pwd)
export PATH=$bin:$PATH
mkdir "$T/base"
echo old >"$T/base/f"
echo new >"$T/new"
publisher us
trust us
"$bin/mend-publish" build --quiet -s "$T/us.key" -o "$T/fix.mend" --id fix --release 1 \
	--root "$T/base" --replace f="$T/new" || bail 'builds a bundle'
ok 'something is installed' mendctl install "$T/fix.mend"
mkdir "$T/here" "$T/here/dir"
touch "$T/here/a.mend" "$T/here/b.pub"
cd "$T/here" || exit 1

# What each shell offers for a line, sorted, one a line: bash_offers LINE WORD…, the last being begun.
bash_offers() {
	bash -c '
		source "$0"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_${1//-/_} "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf "%s\n" "${COMPREPLY[@]}"' "$dir/bash/$1" "$@" 2>&1 | sort -u
}
zsh_offers() {
	zsh -fc '
		compadd() { while [[ $1 == -* && $1 != -- ]]; do [[ $1 == -S ]] && shift; shift; done
			[[ $1 == -- ]] && shift; print -rl -- ${(M)@:#$PREFIX*} }
		_files() { case $1 in -/) print -rl -- *(/);; -g) print -rl -- ${~2};; *) print -rl -- *;; esac }
		compset() { : }
		words=("$@") CURRENT=$# PREFIX=${@[-1]}
		_it() { source $0 }
		functions[_it]=$(<$ZSH_ARGZERO)
		_it' "$dir/zsh/_$1" "$@" 2>&1 | sort -u
}
fish_offers() {
	local line
	line=$(printf '%s ' "$@")
	HOME=$T fish --no-config -c "source $dir/fish/$1.fish; complete -C '${line% }'" 2>&1 |
		cut -f 1 | sort -u
}

verbs_of() { # PROGRAM: first words
	"$1" --help | awk '/^  [a-z]/ { print $1 }' | sort -u
}
options_of() { # PROGRAM [VERB…]
	"$@" --help | grep '^ ' | grep -oE -- '--[a-z]+(-[a-z]+)*' | sort -u
}
offers_all() { # "text" WANTED OFFERED
	is "$1" "$(comm -23 <(echo "$2") <(echo "$3"))" ''
}

check_shell() { # SHELL
	local offers=$1_offers verb program
	for program in mendctl mend-publish; do
		is "$1: verbs of $program" "$("$offers" $program '')" "$(verbs_of $program)"
	done
	is "$1: a verb begun" "$("$offers" mendctl act)" activate
	is "$1: verbs of keys" "$("$offers" mendctl keys '')" "$(printf 'add\nlist\nremove')"
	is "$1: verbs of boot" "$("$offers" mendctl boot '')" "$(printf 'begin\nclear\nhealthy\nstatus')"
	for verb in $(verbs_of mendctl | grep -vx -e keys -e boot) 'keys add' 'keys list' 'keys remove' \
		'boot begin' 'boot clear' 'boot healthy' 'boot status'; do
		# shellcheck disable=SC2086 # two words
		is "$1: options of mendctl $verb" "$("$offers" mendctl $verb --)" "$(options_of mendctl $verb)"
	done
	offers_all "$1: options of mendctl" "$(options_of mendctl)" "$("$offers" mendctl --)"
	for verb in $(verbs_of mend-publish); do
		offers_all "$1: options of mend-publish $verb" "$(options_of mend-publish "$verb")" \
			"$("$offers" mend-publish "$verb" --)"
	done
	offers_all "$1: options of mendfs" "$(options_of mendfs)" "$("$offers" mendfs --)"
	is "$1: patches" "$("$offers" mendctl activate '')" fix
	is "$1: patches after an option with a value" "$("$offers" mendctl --base dir activate '')" fix
	is "$1: keys" "$("$offers" mendctl keys remove '')" us
	is "$1: generations" "$("$offers" mendctl rollback '')" 1
	offers_all "$1: bundles" a.mend "$("$offers" mendctl install '')"
	offers_all "$1: key files" b.pub "$("$offers" mendctl keys add '')"
	is "$1: directories" "$("$offers" mendctl list --store '' | tr -d /)" dir
	is "$1: nothing for a number" "$("$offers" mendctl gc --keep '')" ''
	is "$1: severities" "$("$offers" mend-publish build --severity c)" critical
	offers_all "$1: mount options" "$(printf 'noexec\nro')" "$("$offers" mendfs -o '')"
}

for shell in bash zsh fish; do
	if command -v $shell >/dev/null; then
		check_shell $shell
	else
		pass "$shell: # SKIP is not installed"
	fi
done
