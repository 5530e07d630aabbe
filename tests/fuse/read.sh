#!/bin/bash
# SPDX-License-Identifier: MIT
# Whatever a program reads through a mount without patches is what it reads on the bare directory.
# limit: 120
. "${0%/*}/../lib.sh"
need_mount
. "${0%/*}/../mount.sh"

# --- a tree with one of everything ---

make_tree() { # DIR
	local i
	mkdir -p "$1"/{dir/below,many,empty,sticky}
	seq -f 'line %g of a file' 100000 | head -c 400000 >"$1/big"
	echo 'found' >"$1/dir/below/deep"
	: >"$1/nothing"
	printf '#!/bin/sh\necho script ran\n' >"$1/script"
	cp /bin/echo "$1/echo"
	cp "$(ldconfig -p | awk '/libz\.so\.1 / { print $NF; exit }')" "$1/libz.so"
	cp "$(command -v id)" "$1/whoami"
	ln "$1/big" "$1/dir/hard"
	ln -s big "$1/link"
	ln -s nowhere/at/all "$1/dangling"
	ln -s loop "$1/loop"
	ln -s /etc/passwd "$1/absolute"
	mkfifo "$1/fifo"
	mknod "$1/zero" c 1 5
	for i in 0 3 9; do
		printf 'x%.0s' {1..5000} | dd of="$1/sparse" bs=1M seek=$i conv=notrunc status=none
	done
	truncate -s 20M "$1/sparse"
	(cd "$1/many" && seq -f 'entry number %05g' 10000 | xargs -d '\n' touch)
	echo hidden >"$1/secret"
	printf 'a' >"$1/with space and ümlaut"
	printf 'b' >"$1/"$'new\nline'
	echo 'marked' >"$1/attributes"
	setfattr -n user.one -v 1 "$1/attributes"
	setfattr -n user.long -v "$(printf 'v%.0s' {1..2000})" "$1/attributes"
	setfacl -m u:daemon:r,g:mail:rwx "$1/attributes"
	setfacl -d -m u:daemon:rx "$1/dir"
	chmod 755 "$1/script" "$1/echo"
	chmod 600 "$1/secret"
	chmod 1777 "$1/sticky"
	chmod 2750 "$1/dir/below"
	chown 1:2 "$1/nothing" "$1/dir/below"
	chown -h 3:4 "$1/dangling"
	chown 65533 "$1/whoami"
	chmod 4755 "$1/whoami"
	touch -d '1999-12-31 23:59:59.123456789' "$1/dir/below/deep"
	touch -d '2038-01-20' "$1/nothing"
	# A relatime mount changes nothing by reading what was read after its last change.
	find "$1" -exec touch -h -a -d '2040-01-01' {} +
}

compare() { # WHAT MOUNT BARE
	same_tree "$1: every entry is the same" "$2" "$3"
	timeout 50 "$python" "$tests_dir/fuse/calls.py" "$2" "$T/layers" >"$T/calls.mount" 2>&1
	timeout 50 "$python" "$tests_dir/fuse/calls.py" "$3" "$T/layers" >"$T/calls.bare" 2>&1
	sed -i "s,$2,TOP,g" "$T/calls.mount"
	sed -i "s,$3,TOP,g" "$T/calls.bare"
	ok "$1: every call gives the same" diff "$T/calls.mount" "$T/calls.bare"
	is "$1: names of many" "$(find "$2/many" -printf '%P\n' | sort | cksum)" \
		"$(find "$3/many" -printf '%P\n' | sort | cksum)"
	is "$1: a set-uid program runs as its owner" "$(as_nobody "$2/whoami" -u)" 65533
	is "$1: a stranger may not read a secret" "$(as_nobody cat "$2/secret" 2>&1 | sed 's,.*: ,,')" \
		'Permission denied'
	is "$1: nor look into a closed directory" "$(as_nobody ls "$2/dir/below" 2>&1 | sed 's,.*: ,,')" \
		'Permission denied'
	is "$1: an access list counts" "$(setpriv --reuid=1 --regid=1 --clear-groups --inh-caps=-all \
		cat "$2/attributes")" marked
	# Who wrote into the fifo wrote into one of two, and each has a time of its own.
	(cd "$2" && ls -lR --time-style=full-iso -I fifo -I many) >"$T/ls.mount"
	(cd "$3" && ls -lR --time-style=full-iso -I fifo -I many) >"$T/ls.bare"
	ok "$1: ls -lR" diff "$T/ls.mount" "$T/ls.bare"
	is "$1: tar" "$(tar -C "$2" --sort=name -cf - dir link script big sparse 2>&1 | cksum)" \
		"$(tar -C "$3" --sort=name -cf - dir link script big sparse 2>&1 | cksum)"
}

# Another file system, where files are copied to.
mkdir "$T/layers"
mount -t tmpfs tmpfs "$T/layers"
make_tree "$P/lib"
mkdir "$P/bare"
mount --bind "$P/lib" "$P/bare"
mount_mendfs "$P/lib"
is 'it is a mendfs' "$(mount_type "$P/lib")" fuse.mendfs
compare 'over itself' "$P/lib" "$P/bare"
same_tree "over itself: every entry once more, out of the kernel's memory" "$P/lib" "$P/bare"
umount "$P/lib"
ok 'the daemon ends' eventually 10 family_is_gone

mkdir "$P/elsewhere"
mount_mendfs "$P/elsewhere" --base "$P/bare"
same_tree 'elsewhere: every entry is the same' "$P/elsewhere" "$P/bare"
umount "$P/elsewhere"

# overlayfs cannot name its inodes by handle.
mkdir "$P/merged" "$T/layers/upper" "$T/layers/work"
if mount -t overlay overlay -o "lowerdir=$P/bare,upperdir=$T/layers/upper,workdir=$T/layers/work" \
	"$P/merged" 2>/dev/null; then
	cp "$P/merged/script" "$P/merged/added"
	touch -a -d '2040-01-01' "$P/merged" "$P/merged/added"
	mkdir "$P/merged2"
	mount --bind "$P/merged" "$P/merged2"
	mount_mendfs "$P/merged"
	compare 'over overlayfs' "$P/merged" "$P/merged2"
	umount "$P/merged"
fi
