#!/bin/bash
# Writes the plan of a lab to standard output.
#   LAB, LAB_ID      which lab
#   CUTOVER          program that runs on the lab's hosts (default build/cutover)
#   BASELINE, SOAK   durations (defaults 10s and 10s)
#   DEAD_MAN, COMMAND  timer on the edges, deadline of a command (120s, 90s)
#   STRATEGY         of the waves (permit-on-circuit); WAVES=one: one for both groups
#   HOLD             yes: the first wave ends with a hold
#   PUBLIC           no: leave out the public peering (half the work)
# A lab that is up knows its id, its variant and its number of prefixes.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
state=/run/cutover-lab/${LAB:-cutover}
# shellcheck source=/dev/null
[ ! -r "$state/settings" ] || . "$state/settings"
net=100.64.${LAB_ID:-0}
variant=${LAB_VARIANT:-bgp}
cutover=${CUTOVER:-$here/build/cutover}
model=exchange provider=12076
[ "$variant" != network-service ] || model=network-service provider=64600
key="key: {file: $state/id_ed25519}, known_hosts: $state/known_hosts"
uri="qemu+unix:///system?socket=$state/libvirt/libvirt-sock"

tunnel() { # NAME EDGE NEIGHBOR
	local bgp="neighbor: $3, asn: 65515"
	[ "$variant" != static-vpn ] || bgp="interface: ipsec0, distance: 210"
	echo "  - {name: $1, edge: $2, connection: azure, $bgp}"
}

link() { # NAME EDGE
	echo "      - name: $1"
	echo "        edge: $2"
	echo "        interface: ckt0"
	if [ "${PUBLIC:-yes}" = no ]; then
		echo "        network: [er-hq-$1]"
		return 0
	fi
	echo "        interfaces: {public: ckt1}"
	echo "        network: [er-hq-$1, er-hq-$1-public]"
}

public() {
	[ "${PUBLIC:-yes}" != no ] || return 0
	cat <<-END
		      - name: public
		        asn: $provider
		        subnets: {primary: 192.0.2.0/30, secondary: 192.0.2.4/30}
		        password: {env: PUBLIC_MD5}
	END
}

wave() { # NAME GROUPS [MORE]
	echo "  - {name: $1, groups: [$2], soak: ${SOAK:-10s}${STRATEGY:+, strategy: $STRATEGY}${3:-}}"
}

# With firewalls that must see both ways everything moves at once.
waves() {
	if [ "$variant" = stateful ] || [ "${WAVES:-}" = one ]; then
		wave all "canary, rest"
	else
		wave canary canary "${HOLD:+, hold: true}"
		wave rest rest
	fi
}

# The further prefixes of a lab with LAB_PREFIXES, by one rule for them all.
rest=10.10.0.0/16
[ "${LAB_PREFIXES:-0}" = 0 ] || rest="$rest, 10.128.0.0/9 ge 24 le 24"
[ "$variant" != stateful ] || stateful="
  stateful: [edge1, edge2]"
cat <<END
# Made by tests/lab/plan.sh for the lab '${LAB:-cutover}'.
version: 1
name: lab-${LAB:-cutover}
site:
  asn: 65010
  prefixes: [10.10.0.0/16, 10.128.0.0/9]${stateful:-}
hosts:
  - name: app
    ssh: {host: $net.10, user: root, $key}
    command: $cutover
edges:
  - name: edge1
    driver: frr
    ssh: {host: $net.12, user: root, $key}
  - name: edge2
    driver: bird
    include: /etc/bird/cutover.conf
    ssh: {host: $net.13, user: root, $key}
tunnels:
$(tunnel vpn1 edge1 10.100.255.4)
$(tunnel vpn2 edge2 10.100.255.5)
circuits:
  - name: er-hq
    driver: libvirt
    uri: "$uri"
    model: $model
    attachment: er-hq-gateway
    links:
$(link primary edge1)
$(link secondary edge2)
    peerings:
      - name: private
        asn: $provider
        subnets: {primary: 172.16.0.0/30, secondary: 172.16.0.4/30}
        password: {env: CIRCUIT_MD5}
        bfd: {interval: 300ms, multiplier: 3}
        hold: 180s
        keepalive: 60s
$(public)
vnet:
  name: vnet1
  driver: libvirt
  uri: "$uri"
  network: vnet1
  prefixes: [10.100.0.0/16]
groups:
  - {name: canary, onprem: [10.10.200.0/24], cloud: [10.100.0.0/16]}
  - {name: rest, onprem: [$rest], cloud: [10.100.0.0/16]}
waves:
$(waves)
probes:
  - {name: canary-vm1, kind: stamp, from: {host: app}, source: 10.10.200.10, to: 10.100.0.11, rate: 250/s, flows: 16, group: canary}
  - {name: rest-vm1, kind: stamp, from: {host: app}, source: 10.10.1.10, to: 10.100.0.11, rate: 250/s, flows: 16, group: rest}
guards:
  - {name: canary-loss, probe: canary-vm1, lost: 0, window: 5s, breach: rollback, blind: hold}
  - {name: rest-loss, probe: rest-vm1, lost: 0, window: 5s, breach: rollback, blind: hold}
rollback: {automatic: true, to: last-checkpoint, dead_man: ${DEAD_MAN:-120s}, on_abort: rollback}
timeouts: {command: ${COMMAND:-90s}}
baseline: ${BASELINE:-10s}
finish: {vpn: keep}
END
