#!/bin/bash
# domain.sh - prints the libvirt XML of the lab's networks and machines
#
# Sourced by node.sh.  Names, UUIDs and MAC addresses are fixed, so that two runs
# of the lab have the same virtual network but for domain ids and start times.
# vnet1 is mode 'open': the node routes, libvirt adds no firewall rules to it.

vnet_xml() {
	cat <<-'END'
		<network>
		  <name>vnet1</name>
		  <uuid>10000000-0000-4000-8000-000000000001</uuid>
		  <forward mode='open'/>
		  <bridge name='virbr-vnet' stp='off' delay='0'/>
		  <mtu size='1500'/>
		  <mac address='52:54:00:10:00:01'/>
		  <dns enable='no'/>
		  <ip address='10.100.0.1' netmask='255.255.255.0'>
		    <dhcp>
		      <range start='10.100.0.100' end='10.100.0.199'/>
		      <host mac='52:54:00:10:00:0b' name='vm1' ip='10.100.0.11'/>
		      <host mac='52:54:00:10:00:0c' name='vm2' ip='10.100.0.12'/>
		    </dhcp>
		  </ip>
		</network>
	END
}

# The cables' bridge has no address: libvirt runs no dnsmasq on it, and wants it
# to be isolated.  Its firewall rules do not see frames that are only switched.
circuit_xml() { # NAME BRIDGE NUMBER
	cat <<-END
		<network>
		  <name>$1</name>
		  <uuid>10000000-0000-4000-8000-00000000010$3</uuid>
		  <bridge name='$2' stp='off' delay='0'/>
		  <mac address='52:54:00:10:01:0$3'/>
		  <dns enable='no'/>
		</network>
	END
}

# All offloads are off: the machine writes its own checksums, and no frame is
# longer than the MTU, which is what a packet on a wire is.
domain_xml() { # NAME NUMBER CACHE
	cat <<-END
		<domain type='qemu'>
		  <name>$1</name>
		  <uuid>10000000-0000-4000-8000-0000000000$2</uuid>
		  <memory unit='MiB'>128</memory>
		  <vcpu>1</vcpu>
		  <os>
		    <type arch='x86_64' machine='pc'>hvm</type>
		    <kernel>$3/vmlinuz</kernel>
		    <initrd>$3/initrd</initrd>
		    <cmdline>console=ttyS0 quiet panic=1 no_timer_check tsc=reliable mitigations=off random.trust_cpu=on vm=$1</cmdline>
		  </os>
		  <features><acpi/><apic/></features>
		  <cpu mode='maximum'/>
		  <clock offset='utc'/>
		  <on_reboot>destroy</on_reboot>
		  <on_crash>destroy</on_crash>
		  <devices>
		    <emulator>/usr/bin/qemu-system-x86_64</emulator>
		    <controller type='usb' model='none'/>
		    <memballoon model='none'/>
		    <serial type='file'>
		      <source path='/run/libvirt/console/$1.log'/>
		    </serial>
		    <interface type='network'>
		      <mac address='52:54:00:10:00:$2'/>
		      <source network='vnet1'/>
		      <target dev='tap-$1'/>
		      <model type='virtio'/>
		      <driver name='qemu' rx_queue_size='1024'>
		        <host csum='off' gso='off' tso4='off' tso6='off' ecn='off' ufo='off' mrg_rxbuf='off'/>
		        <guest csum='off' tso4='off' tso6='off' ecn='off' ufo='off'/>
		      </driver>
		      <rom enabled='no'/>
		    </interface>
		  </devices>
		</domain>
	END
}
