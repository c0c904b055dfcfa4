#!/bin/bash
# shellcheck disable=SC2154 # common.sh and topology.sh set what is not set here
# install.sh - what the lab needs, from Debian
#
# Sourced, never run.  While packages are installed no service is started: the
# lab runs its own daemons in its own namespaces, the host's stay as they were.

install_packages() {
	echo frr bird2 strongswan-charon strongswan-swanctl \
		libstrongswan-standard-plugins libstrongswan-extra-plugins \
		libcharon-extra-plugins libvirt-daemon-system libvirt-clients \
		qemu-system-x86 busybox-static dnsmasq-base openssh-server \
		openssh-client tcpdump iproute2 iptables ethtool \
		procps cpio gcc libc6-dev jq util-linux python3-yaml curl
}

install_missing() {
	local package
	for package in $(install_packages); do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
			grep -q 'ok installed' || echo "$package"
	done
}

install_all() {
	local missing policy=/usr/sbin/policy-rc.d made=no failed=0
	missing=$(install_missing)
	if [ -n "$missing" ]; then
		if [ ! -e "$policy" ]; then
			printf '#!/bin/sh\nexit 101\n' >"$policy"
			chmod 755 "$policy"
			made=yes
		fi
		apt-get -q update || :
		# shellcheck disable=SC2086 # a list of packages
		DEBIAN_FRONTEND=noninteractive apt-get -q -y \
			--no-install-recommends install $missing || failed=1
		[ "$made" = no ] || rm -f "$policy"
		[ "$failed" = 0 ] || die "packages could not be installed"
	fi
	[ "$LAB_VNET" = no ] || "$here/vnet.sh" install
	say "installed"
}
