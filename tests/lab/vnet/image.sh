#!/bin/bash
# image.sh - builds what the lab's virtual machines boot, once
#
# usage: image.sh CACHE
# In CACHE afterwards: vmlinuz (Debian's cloud kernel), initrd (busybox, the
# network drivers, the responder) and stamp, which names all the inputs, so that
# a second run does nothing.  Both files are put in place by rename.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=$1
# In the order of their dependencies; nothing in the machine resolves them.
modules=(virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev
	virtio_pci failover net_failover virtio_net)

die() {
	echo "image: $*" >&2
	exit 1
}

package_name() {
	apt-cache depends linux-image-cloud-amd64 |
		awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }'
}

initrd_fill() { # PACKAGE-ROOT ROOT
	local name file
	mkdir -p "$2"/{bin,dev,proc,sys,modules}
	cp "$(command -v busybox)" "$2/bin/busybox"
	for name in "${modules[@]}"; do
		file=$(find "$1/lib/modules" -name "$name.ko")
		[ -n "$file" ] || die "the kernel package has no module '$name'"
		cp "$file" "$2/modules/"
		echo "$name.ko" >>"$2/modules/order"
	done
	gcc -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -static -s \
		-o "$2/responder" "$here/responder.c"
	install -m 755 "$here/init" "$here/lease" "$2/"
}

main() {
	local package stamp work
	package=$(package_name)
	[ -n "$package" ] || die "apt knows no linux-image-cloud-amd64"
	stamp="$package $(apt-cache policy "$package" |
		awk '$1 == "Candidate:" { print $2 }') $(cat "$here/init" \
		"$here/lease" "$here/image.sh" "$here/responder.c" \
		"$(command -v busybox)" | sha256sum | cut -c1-16)"
	if [ "$stamp" = "$(cat "$cache/stamp" 2>/dev/null)" ]; then
		echo "image: $cache is up to date"
		return 0
	fi
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/build.XXXXXX")
	# shellcheck disable=SC2064 # the name as it is now
	trap "rm -rf '$work'" EXIT
	# _apt may not enter the folder; apt says so and downloads as root.
	(cd "$work" && apt-get download -q "$package" 2>&1 |
		grep -v unsandboxed) || :
	dpkg -x "$work"/*.deb "$work/package" || die "no package '$package'"
	initrd_fill "$work/package" "$work/root"
	(cd "$work/root" && find . | cpio -o -H newc --quiet -R 0:0) \
		>"$work/initrd"
	mv "$work"/package/boot/vmlinuz-* "$work/vmlinuz"
	mv "$work/vmlinuz" "$work/initrd" "$cache/"
	echo "$stamp" >"$cache/stamp"
	echo "image: $cache: $stamp"
}

main
