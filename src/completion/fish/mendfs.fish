# SPDX-License-Identifier: MIT
# fish completion for mendfs(8). What there is to complete comes out of its --help.

function __mendfs_options
    mendfs --help 2>/dev/null | string match -r '^ +(?:-[a-z], )?--?[a-z][a-z-]*' |
        string match -ar -- '--?[a-z][a-z-]*'
end

complete -c mendfs -f -a '(__fish_complete_directories)'
complete -c mendfs -n 'string match -q -- "-*" (commandline -ct)' -a '(__mendfs_options)'
complete -c mendfs -s o -x \
    -a 'ro rw suid nosuid dev nodev exec noexec fsname= base= as= store= config= run='
for option in base as store config run
    complete -c mendfs -l $option -x -a '(__fish_complete_directories)'
end
