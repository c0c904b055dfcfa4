#!/bin/bash
# image.sh - builds what the lab's virtual machines boot, once
#
# usage: image.sh CACHE
# In CACHE afterwards: vmlinuz (Debian's cloud kernel), initrd (busybox, the
# network drivers, the responder), kernel.deb, and stamp, which names all the
# inputs, so that a second run does nothing and a changed responder needs no
# network.  Files are put in place by rename; two runs at once do no harm.
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

scripts_hash() {
	cat "$here/init" "$here/lease" "$here/image.sh" "$here/responder.c" \
		"$(command -v busybox)" | sha256sum | cut -c1-16
}

kernel_fetch() { # PACKAGE=VERSION WORK
	mkdir "$2/get"
	# apt says that its own user may not enter the folder, and goes on as root.
	(cd "$2/get" && apt-get download -q "$1" 2>&1 |
		grep -v unsandboxed) || :
	mv "$2"/get/*.deb "$2/kernel.deb" || die "no package '$1'"
}

main() {
	local package kernel old_kernel="" stamp work
	package=$(package_name)
	[ -n "$package" ] || die "apt knows no linux-image-cloud-amd64"
	kernel=$package=$(apt-cache policy "$package" |
		awk '$1 == "Candidate:" { print $2 }')
	stamp="$kernel $(scripts_hash)"
	[ ! -e "$cache/stamp" ] || read -r old_kernel _ <"$cache/stamp"
	if [ "$stamp" = "$(cat "$cache/stamp" 2>/dev/null)" ]; then
		touch "$cache/stamp"
		echo "image: $cache is up to date"
		return 0
	fi
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/build.XXXXXX")
	# shellcheck disable=SC2064 # the name as it is now
	trap "rm -rf '$work'" EXIT
	if [ "$kernel" = "$old_kernel" ] && [ -e "$cache/kernel.deb" ]; then
		cp "$cache/kernel.deb" "$work/"
	else
		kernel_fetch "$kernel" "$work"
	fi
	dpkg -x "$work/kernel.deb" "$work/package"
	initrd_fill "$work/package" "$work/root"
	(cd "$work/root" && find . | cpio -o -H newc --quiet -R 0:0) \
		>"$work/initrd"
	mv "$work"/package/boot/vmlinuz-* "$work/vmlinuz"
	echo "$stamp" >"$work/stamp"
	mv "$work/kernel.deb" "$work/vmlinuz" "$work/initrd" "$work/stamp" \
		"$cache/"
	echo "image: $cache: $stamp"
}

main
