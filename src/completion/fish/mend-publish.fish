# SPDX-License-Identifier: MIT
# fish completion for mend-publish(1). What there is to complete comes out of its --help.

function __mend_publish_verb
    for word in (commandline -opc)[2..-1]
        if not string match -q -- '-*' $word
            echo $word
            return
        end
    end
end

function __mend_publish_options
    mend-publish (__mend_publish_verb) --help 2>/dev/null | string match '  *' |
        string match -ar -- '(?<=^|[ ,])--?[a-z][a-z-]*' | sort -u
    echo --help
end

complete -c mend-publish -n 'test -z (__mend_publish_verb)' -f \
    -a '(mend-publish --help | string match -rg "^  ([a-z]+) ")'
complete -c mend-publish -n 'string match -q -- "-*" (commandline -ct)' -f -a '(__mend_publish_options)'
complete -c mend-publish -l severity -x -a 'low medium high critical'
for option in config base-dir root
    complete -c mend-publish -l $option -x -a '(__fish_complete_directories)'
end
