#!/bin/bash
# SPDX-License-Identifier: MIT
# The systemd units: they say what systemd understands, give away no more than they have to, and have
# nothing that would hide the mount or come in its way.
# not sanitized
. "${0%/*}/../lib.sh"
need_command systemd-analyze

source=$(cd "${0%/*}/../../src/systemd" && pwd)
# As installed, but where the programs were built.
units=$T/units
mkdir "$units"
for file in "$source"/*; do
	sed "s,/usr/sbin/mend,$bin/mend,g" "$file" >"$units/${file##*/}"
done
instance() { # UNIT: its name as one that can be looked at
	printf '%s' "${1/@./@usr-lib.}"
}

for file in "$units"/*.service; do
	unit=$(instance "${file##*/}")
	[[ $unit == "${file##*/}" ]] || ln -s "${file##*/}" "$units/$unit"
	said=$(SYSTEMD_UNIT_PATH=$units: systemd-analyze verify --man=no --recursive-errors=no \
		"$units/$unit" 2>&1)
	is "$unit is understood" "$said" ''
done

# The worst that each may be, of 100: what mounts for everybody cannot be shut in.
while read -r unit worst; do
	ok "$unit is exposed no more than $worst of 100" systemd-analyze security --no-pager \
		--offline=yes --threshold="$worst" "$units/$unit"
done <<-END
	mendfs@usr-lib.service 53
	mendfs-guard@usr-lib.service 45
	mendfs-boot.service 15
	mendfs-healthy.service 15
END

# What gives a service a mount namespace of its own.
private='PrivateMounts|MountFlags|ProtectSystem|ProtectHome|ProtectKernel[A-Za-z]*|ProtectControlGroups'
private+='|ProtectProc|ProcSubset|Private[A-Z][A-Za-z]*|(ReadOnly|ReadWrite|Inaccessible|Exec|NoExec)Paths'
private+='|BindPaths|BindReadOnlyPaths|TemporaryFileSystem|RootDirectory|RootImage|DynamicUser'
private+='|(Runtime|State|Cache|Logs|Configuration)Directory'
for unit in mendfs@ mendfs-guard@; do
	is "$unit: what it mounts and unmounts is everybody's" \
		"$(grep -E "^($private)=" "$units/$unit.service")" ''
done
is 'set-id bits and device nodes can be written' \
	"$(grep -E '^(RestrictSUIDSGID|DevicePolicy|DeviceAllow|ProtectClock|UMask)=' \
		"$units/mendfs@.service")" ''
for file in "$units"/*.service; do
	ok "${file##*/}: off is off" grep -qx 'ConditionKernelCommandLine=!mendfs=off' "$file"
done
for unit in mendfs@ mendfs-guard@ mendfs-boot; do
	for line in 'DefaultDependencies=no' 'Conflicts=shutdown.target'; do
		ok "$unit: $line" grep -qx "$line" "$units/$unit.service"
	done
done
is 'nothing requires what may fail' "$(grep -E '^(Requires|BindsTo|Requisite)=' "$units"/*.service |
	grep -v 'boot-complete')" ''
