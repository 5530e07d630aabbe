# SPDX-License-Identifier: MIT
# fish completion for mendctl(8). What there is to complete comes out of its --help.

# The verb on the command line: "install", "keys add".
function __mendctl_verb
    set -l help (mendctl --help 2>/dev/null)
    set -l verb
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if string match -q -- '--*' $word
            string match -qr -- "^  $word [^ ]" $help; and set skip 1
        else if test -z "$verb"; or test "$verb" = keys; or test "$verb" = boot
            set verb (string trim "$verb $word")
        end
    end
    echo $verb
end

function __mendctl_is
    contains -- (__mendctl_verb) $argv
end

function __mendctl_column
    set -l column $argv[1]
    mendctl $argv[2..-1] 2>/dev/null | awk -v c=$column 'NR > 1 { print $c }'
end

function __mendctl_options
    mendctl (string split -n ' ' -- (__mendctl_verb)) --help 2>/dev/null |
        string match -r '^  (--[a-z-]+) .*?  +(.*)' | string match -v '  *' |
        awk 'NR % 2 { o = $0; next } { print o "\t" $0 }'
end

function __mendctl_takes
    mendctl (string split -n ' ' -- (__mendctl_verb)) --help 2>/dev/null | string match -q -- "  $argv[1] *"
end

function __mendctl_verbs
    mendctl --help 2>/dev/null | string match -rg '^  ([a-z]+) ' | sort -u
end

complete -c mendctl -f
complete -c mendctl -n 'test -z (__mendctl_verb)' -a '(__mendctl_verbs)'
complete -c mendctl -n '__mendctl_is keys' -a '(mendctl --help | string match -rg "^  keys ([a-z]+)")'
complete -c mendctl -n '__mendctl_is boot' -a '(mendctl --help | string match -rg "^  boot ([a-z]+)")'
complete -c mendctl -n 'string match -q -- "-*" (commandline -ct)' -a '(__mendctl_options)'
complete -c mendctl -n '__mendctl_is install "keys add"' -F
complete -c mendctl -n '__mendctl_is activate deactivate remove show' -a '(__mendctl_column 1 list)'
complete -c mendctl -n '__mendctl_is rollback' -a '(__mendctl_column 2 history)'
complete -c mendctl -n '__mendctl_is "keys remove"' -a '(__mendctl_column 1 keys list)'
for option in store config run base
    complete -c mendctl -n "__mendctl_takes --$option" -l $option -x -a '(__fish_complete_directories)'
end
for option in keep threshold name paths
    complete -c mendctl -n "__mendctl_takes --$option" -l $option -x
end
