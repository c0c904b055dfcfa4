"""Resources, their etags, and operations that take time.

A resource is a dict as the service answers it.  They are kept by lower-cased
id: the service does not tell cases apart.  Children of circuits and virtual
networks are resources of their own and are folded into the parent when it is
answered.  Whoever calls holds World.lock.
"""
import copy
import json
import subprocess
import threading
import time
import uuid

SUB = "11111111-2222-3333-4444-555555555555"
NET = "/providers/Microsoft.Network/"


class World:
    def __init__(self, state=None, delay=0.2, hook=None):
        self.lock = threading.RLock()
        self.res = {}
        self.ops = {}
        self.tables = {}
        self.delay = delay
        self.hook = hook
        self.events = []
        self.writes = []
        for r in (state or {}).get("resources", []):
            self.put(r)
        self.tables.update((state or {}).get("tables", {}))

    # -- resources --

    @staticmethod
    def etag():
        return 'W/"%s"' % uuid.uuid4()

    def put(self, r):
        r = copy.deepcopy(r)
        r["etag"] = self.etag()
        r.setdefault("properties", {}).setdefault("provisioningState", "Succeeded")
        self.res[r["id"].lower()] = r
        self.touch_parent(r["id"])
        return r

    def get(self, rid):
        return self.res.get(rid.lower())

    def touch(self, r):
        r["etag"] = self.etag()
        self.touch_parent(r["id"])

    def touch_parent(self, rid):
        parent = self.get("/".join(rid.split("/")[:-2]))
        if parent:
            parent["etag"] = self.etag()

    def children(self, rid, kind):
        start = (rid + "/" + kind + "/").lower()
        return [r for k, r in sorted(self.res.items())
                if k.startswith(start) and "/" not in k[len(start):]]

    def of_type(self, prefix, kind):
        """Resources of one type below a subscription or resource group."""
        return [r for k, r in sorted(self.res.items())
                if k.startswith(prefix.lower() + "/")
                and r["type"].lower() == "microsoft.network/" + kind.lower()]

    def remove(self, rid):
        gone = [k for k in self.res if k == rid.lower() or k.startswith(rid.lower() + "/")]
        for k in gone:
            del self.res[k]
        self.touch_parent(rid)

    def shown(self, r):
        """A resource as GET answers it: with its children, without secrets."""
        r = copy.deepcopy(r)
        p = r["properties"]
        for k in [k for k in p if k.startswith("_")]:
            del p[k]
        p.pop("sharedKey", None)
        p.pop("authorizationKey", None) if r["type"].endswith("/connections") else None
        folded = {"microsoft.network/expressroutecircuits": ("peerings", "authorizations"),
                  "microsoft.network/virtualnetworks": ("subnets", "virtualNetworkPeerings")}
        for kind in folded.get(r["type"].lower(), ()):
            p[kind] = [self.shown(c) for c in self.children(r["id"], kind)]
        return r

    # -- operations that take time --

    def start(self, rid, finish, seconds=None, fail=None):
        op = {"id": str(uuid.uuid4()), "resource": rid, "status": "InProgress",
              "ready": time.monotonic() + (self.delay if seconds is None else seconds),
              "finish": finish, "error": fail, "result": None}
        self.ops[op["id"]] = op
        return op

    def tick(self):
        """Ends what is due; the caller holds the lock."""
        for op in list(self.ops.values()):
            if op["status"] != "InProgress" or op["ready"] > time.monotonic():
                continue
            if op["error"]:
                op["status"] = "Failed"
                r = self.get(op["resource"])
                if r:
                    r["properties"]["provisioningState"] = "Failed"
                    self.touch(r)
            else:
                op["result"] = op["finish"]() if op["finish"] else None
                op["status"] = "Succeeded"

    def busy(self, rid):
        """Is an operation under way on this resource or below it?"""
        low = rid.lower()
        return any(o["status"] == "InProgress" and
                   (o["resource"].lower() == low or o["resource"].lower().startswith(low + "/"))
                   for o in self.ops.values())

    # -- what the outside is told --

    def tell(self, event, r):
        self.events.append([event, r["id"]])
        if self.hook:
            subprocess.run([self.hook, event, r["name"]], input=json.dumps(r),
                           text=True, check=False, timeout=60)

    def ask(self, what, r):
        """What the hook's program answers, or None: it has no answer."""
        if not self.hook:
            return None
        out = subprocess.run([self.hook, what, r["name"]], input=json.dumps(r), text=True,
                             check=False, timeout=60, stdout=subprocess.PIPE).stdout
        try:
            return json.loads(out)
        except ValueError:
            return None


# -- a world to start from --


def rid(group, kind, name, *more):
    s = "/subscriptions/%s/resourceGroups/%s%s%s/%s" % (SUB, group, NET, kind, name)
    for m in more:
        s += "/" + m
    return s


def resource(i, location="westeurope", **props):
    parts = i.split(NET)[1].split("/")
    r = {"id": i, "name": parts[-1], "type": "Microsoft.Network/" + "/".join(parts[0::2]),
         "properties": props}
    if location:
        r["location"] = location
    return r


def nic_ref(name, address):
    return {"id": rid("rg-hub", "networkInterfaces", name, "ipConfigurations", "ipconfig1"),
            "name": "ipconfig1",
            "properties": {"privateIPAddress": address, "privateIPAllocationMethod": "Dynamic",
                           "provisioningState": "Succeeded"}}


def ref(i):
    return {"id": i}


def circuit(name, provider="Provisioned", **props):
    r = resource(rid("rg-hub", "expressRouteCircuits", name),
                 serviceProviderProperties={"serviceProviderName": "Equinix",
                                            "peeringLocation": "Amsterdam",
                                            "bandwidthInMbps": 1000},
                 circuitProvisioningState="Enabled",
                 serviceProviderProvisioningState=provider,
                 serviceKey="aaaaaaaa-0000-4000-8000-%012x" % (abs(hash(name)) % 2**40),
                 allowClassicOperations=False, globalReachEnabled=False, stag=17,
                 gatewayManagerEtag="1", **props)
    r["sku"] = {"name": "Standard_MeteredData", "tier": "Standard", "family": "MeteredData"}
    return r


def peering(circ, kind, **props):
    base = {"peeringType": kind, "state": "Enabled", "azureASN": 12076,
            "primaryAzurePort": "", "secondaryAzurePort": "", "connections": [],
            "gatewayManagerEtag": "", "lastModifiedBy": "Customer"}
    base.update(props)
    return resource(rid("rg-hub", "expressRouteCircuits", circ, "peerings", kind),
                    location=None, **base)


def gateway(name, kind, sku):
    subnet = rid("rg-hub", "virtualNetworks", "vnet1", "subnets", "GatewaySubnet")
    return resource(rid("rg-hub", "virtualNetworkGateways", name), gatewayType=kind,
                    vpnType="RouteBased", enableBgp=kind == "Vpn", activeActive=False,
                    sku={"name": sku, "tier": sku, "capacity": 2},
                    bgpSettings={"asn": 65515, "bgpPeeringAddress": "10.100.255.4",
                                 "peerWeight": 0},
                    ipConfigurations=[{"name": "default",
                                       "id": rid("rg-hub", "virtualNetworkGateways", name,
                                                 "ipConfigurations", "default"),
                                       "properties": {
                                           "privateIPAllocationMethod": "Dynamic",
                                           "provisioningState": "Succeeded",
                                           "subnet": ref(subnet)}}])


def default(model="exchange", provider="Provisioned"):
    """A hub with a VPN in use, an idle circuit, and things that are not ours."""
    v = "vnet1"
    nsg = rid("rg-hub", "networkSecurityGroups", "nsg-app")
    routes = rid("rg-hub", "routeTables", "rt-app")
    vpn = rid("rg-hub", "virtualNetworkGateways", "hub-vpngw")
    out = [
        resource(rid("rg-hub", "virtualNetworks", v),
                 addressSpace={"addressPrefixes": ["10.100.0.0/16"]},
                 dhcpOptions={"dnsServers": ["10.100.0.10"]},
                 resourceGuid=str(uuid.uuid5(uuid.NAMESPACE_URL, v)),
                 enableDdosProtection=False),
        resource(rid("rg-hub", "virtualNetworks", v, "subnets", "app"), location=None,
                 addressPrefix="10.100.0.0/24", networkSecurityGroup=ref(nsg),
                 routeTable=ref(routes), delegations=[],
                 ipConfigurations=[nic_ref("nic-vm1", "10.100.0.11"),
                                   nic_ref("nic-vm2", "10.100.0.12")]),
        resource(rid("rg-hub", "virtualNetworks", v, "subnets", "db"), location=None,
                 addressPrefix="10.100.1.0/24", delegations=[],
                 ipConfigurations=[nic_ref("nic-db1", "10.100.1.11")]),
        resource(rid("rg-hub", "virtualNetworks", v, "subnets", "GatewaySubnet"), location=None,
                 addressPrefix="10.100.255.0/27", delegations=[], ipConfigurations=[]),
        resource(rid("rg-hub", "virtualNetworks", v, "virtualNetworkPeerings", "to-spoke1"),
                 location=None, allowVirtualNetworkAccess=True, allowForwardedTraffic=False,
                 allowGatewayTransit=True, useRemoteGateways=False,
                 remoteVirtualNetwork=ref(rid("rg-spoke", "virtualNetworks", "spoke1")),
                 remoteAddressSpace={"addressPrefixes": ["10.101.0.0/16"]},
                 peeringState="Connected", peeringSyncLevel="FullyInSync"),
        resource(routes, disableBgpRoutePropagation=False, routes=[]),
        resource(nsg, securityRules=[]),
        gateway("hub-vpngw", "Vpn", "VpnGw1"),
        gateway("hub-ergw", "ExpressRoute", "ErGw1AZ"),
        resource(rid("rg-hub", "localNetworkGateways", "hq"),
                 localNetworkAddressSpace={"addressPrefixes": ["10.10.255.1/32"]},
                 gatewayIpAddress="192.0.2.1"),
        resource(rid("rg-hub", "connections", "hq-vpn"), connectionType="IPsec",
                 virtualNetworkGateway1={"id": vpn, "properties": {}}, enableBgp=True, routingWeight=0,
                 localNetworkGateway2={"id": rid("rg-hub", "localNetworkGateways", "hq"),
                                       "properties": {}},
                 connectionStatus="Connected", ingressBytesTransferred=1000,
                 egressBytesTransferred=2000, usePolicyBasedTrafficSelectors=False),
        circuit("er-hq", provider),
        circuit("er-old"),
        peering("er-old", "AzurePrivatePeering", peerASN=65010, vlanId=300,
                primaryPeerAddressPrefix="172.16.9.0/30",
                secondaryPeerAddressPrefix="172.16.9.4/30"),
        resource(rid("rg-hub", "expressRouteCircuits", "er-hq", "authorizations", "partner"),
                 location=None, authorizationUseStatus="Available",
                 authorizationKey="bbbbbbbb-0000-4000-8000-000000000001"),
    ]
    if model == "network-service":
        out.append(peering("er-hq", "AzurePrivatePeering", peerASN=64600, vlanId=200,
                           primaryPeerAddressPrefix="172.16.0.0/30",
                           secondaryPeerAddressPrefix="172.16.0.4/30",
                           lastModifiedBy="Provider"))
    return {"resources": out, "tables": {}}
