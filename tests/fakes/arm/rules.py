"""What a request does to the world: one function a rule.

answer(world, method, path, query, body) -> (status, headers, body)
"""
import copy
import re

from .world import NET

CHILDREN = {"expressroutecircuits": ("peerings", "authorizations"),
            "virtualnetworks": ("subnets", "virtualnetworkpeerings")}
LISTS = ("expressRouteCircuits", "virtualNetworkGateways", "connections", "virtualNetworks",
         "networkInterfaces", "routeTables", "localNetworkGateways", "publicIPAddresses",
         "networkSecurityGroups")
TABLES = {"arptables": "location", "routetables": "location", "routetablessummary": "location",
          "getbgppeerstatus": "operation", "getlearnedroutes": "operation",
          "getadvertisedroutes": "operation", "effectiveroutetable": "location"}


def error(status, code, message, **headers):
    return status, headers, {"error": {"code": code, "message": message}}


def missing(rid):
    name = rid.split("/")[-1]
    return error(404, "ResourceNotFound" if len(rid.split(NET)[1].split("/")) == 2 else "NotFound",
                 "The Resource '%s' was not found." % name)


class Rules:
    def __init__(self, world, base, shape="both"):
        self.w = world
        self.base = base      # how we are called from outside
        self.shape = shape    # which headers a long operation has
        self.retry_after = 0

    def answer(self, method, path, query, body):
        version = query.get("api-version", "")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", version):
            return error(400, "MissingApiVersionParameter",
                         "The api-version query parameter (?api-version=) is required.")
        low = path.lower()
        m = re.search(r"/providers/microsoft\.network/locations/[^/]+/(operations|operationresults)/([^/]+)$", low)
        if m:
            return self.poll(m.group(1), m.group(2))
        if NET.lower() not in low:
            return error(404, "InvalidResourceType", "no such resource type")
        kind = path.split(NET, 1)[-1] if NET in path else path[low.index(NET.lower()) + len(NET):]
        parts = kind.split("/")
        if len(parts) == 1 and method == "GET":
            return self.listing(path, parts[0])
        group = re.search(r"/resourcegroups/([^/]+)/", low)
        if group and not any("/resourcegroups/%s/" % group.group(1) in k for k in self.w.res):
            return error(404, "ResourceGroupNotFound",
                         "Resource group '%s' could not be found." % group.group(1))
        if method == "POST" or parts[-1].lower() == "stats":
            return self.action(method, path, parts, query)
        if len(parts) % 2:
            return self.child_list(path, parts)
        return {"GET": self.read, "PUT": self.write, "DELETE": self.delete}.get(
            method, self.not_allowed)(path, parts, query, body)

    def not_allowed(self, *_):
        return error(405, "MethodNotAllowed", "the method is not allowed here")

    # -- reads --

    def listing(self, path, kind):
        if kind == "expressRouteServiceProviders":
            return 200, {}, {"value": []}
        if kind.lower() not in [k.lower() for k in LISTS]:
            return error(404, "InvalidResourceType", "no such resource type")
        prefix = path[:path.lower().index(NET.lower())]
        found = self.w.of_type(prefix, kind)
        return 200, {}, {"value": [self.w.shown(r) for r in found]}

    def child_list(self, path, parts):
        parent = self.w.get(path.rsplit("/", 1)[0])
        if not parent:
            return missing(path.rsplit("/", 1)[0])
        return 200, {}, {"value": [self.w.shown(r) for r in
                                   self.w.children(parent["id"], parts[-1])]}

    def read(self, path, parts, query, _body):
        r = self.w.get(path)
        if not r:
            return missing(path)
        return 200, {"ETag": r["etag"]}, self.view(r, query)

    def view(self, r, query):
        out = self.w.shown(r)
        if r["type"].lower() == "microsoft.network/virtualnetworks" and \
                "subnets/ipconfigurations" not in query.get("$expand", "").lower():
            for s in out["properties"]["subnets"]:
                s["properties"]["ipConfigurations"] = [
                    {"id": i["id"]} for i in s["properties"].get("ipConfigurations", [])]
        return out

    def action(self, method, path, parts, query):
        verb = next((p for p in parts if p.lower() in TABLES or p.lower() == "stats"), None)
        if verb is None:
            return error(404, "NotFound", "no such action")
        at = path[:path.lower().index("/" + verb.lower())]
        owner = self.w.get(at)
        if not owner:
            return missing(at)
        if verb.lower() == "stats":
            t = self.w.ask("stats", owner) or self.w.tables.get("stats", {}).get(owner["name"], {})
            names = ("primarybytesIn", "primarybytesOut", "secondarybytesIn", "secondarybytesOut")
            return 200, {}, {n: t.get(n, 0) for n in names}
        rows = self.table(verb.lower(), owner, parts[-1].lower(), query)
        op = self.w.start(at, lambda: {"value": rows})
        where = self.where(op)
        if TABLES[verb.lower()] == "location":
            return 202, {"Location": where["Location"]}, None
        return 202, {"Azure-AsyncOperation": where["Azure-AsyncOperation"]}, None

    def table(self, verb, owner, device, query):
        key = "%s/%s/%s" % (verb, owner["id"].split(NET)[1].lower(), device)
        if key in self.w.tables:
            return copy.deepcopy(self.w.tables[key])
        rows = self.w.ask("%s/%s" % (verb, device), owner)
        if rows is not None:
            return rows
        if verb == "routetablessummary":
            return self.summary(owner, device)
        return []

    def summary(self, p, device):
        """The session of one link, as the provider's router lists it."""
        prop = p["properties"]
        net = prop.get("primaryPeerAddressPrefix" if device == "primary"
                       else "secondaryPeerAddressPrefix", "0.0.0.0/30")
        a = net.split("/")[0].split(".")
        ours = ".".join(a[:3] + [str(int(a[3]) + 1)])
        return [{"neighbor": ours, "v": 4, "as": prop.get("peerASN", 0), "upDown": "00:10:00",
                 "statePfxRcd": self.heard(p, device)}]

    def heard(self, p, device):
        if p["properties"]["state"] != "Enabled" or p["properties"].get("_dead"):
            return "Idle"
        return str(self.w.tables.get("heard", {}).get(device, 0))

    # -- long operations --

    def where(self, op, version="2024-01-01"):
        loc = "/subscriptions/%s%slocations/westeurope/" % (op["resource"].split("/")[2], NET)
        out = {"Azure-AsyncOperation": "%s%soperations/%s?api-version=%s&t=%s" % (
                   self.base, loc, op["id"], version, "s" * 200),
               "Location": "%s%soperationResults/%s?api-version=%s&t=%s" % (
                   self.base, loc, op["id"], version, "s" * 200)}
        if self.retry_after:
            out["Retry-After"] = str(self.retry_after)
        return out

    def long_headers(self, op):
        where = self.where(op)
        if self.shape == "operation":
            where.pop("Location")
        elif self.shape == "location":
            where.pop("Azure-AsyncOperation")
        return where

    def poll(self, kind, oid):
        op = self.w.ops.get(oid)
        if not op:
            return error(404, "NotFound", "The operation '%s' is not known." % oid)
        again = {"Retry-After": str(self.retry_after)} if self.retry_after else {}
        if kind == "operations":
            body = {"status": op["status"]}
            if op["error"]:
                body["error"] = op["error"] if op["status"] == "Failed" else None
            if op["status"] == "Succeeded" and op["result"] is not None and \
                    "value" in op["result"]:
                body["properties"] = op["result"]
            return 200, again, {k: v for k, v in body.items() if v is not None}
        if op["status"] == "InProgress":
            return 202, {"Location": self.where(op)["Location"], **again}, None
        if op["status"] == "Failed":
            return error(409, op["error"]["code"], op["error"]["message"])
        if op["result"] is None:
            return 204, {}, None
        return 200, {}, op["result"]

    # -- writes --

    def locked(self, path, parts):
        """One writer at a time for a circuit, a gateway, a virtual network."""
        top = path[:path.lower().index(NET.lower()) + len(NET)] + "/".join(parts[:2])
        if self.w.busy(top):
            return error(429, "RetryableErrorDueToAnotherOperation",
                         "Operation PutOperation is in progress on '%s'." % parts[1],
                         **{"Retry-After": "1"})
        return None

    def write(self, path, parts, query, body):
        if not isinstance(body, dict):
            return error(400, "InvalidRequestContent", "The request content was invalid.")
        bad = self.locked(path, parts)
        if bad:
            return bad
        kind = "/".join(p.lower() for p in parts[0::2])
        fn = {"connections": self.put_connection, "virtualnetworks": self.put_vnet,
              "expressroutecircuits": self.put_circuit,
              "expressroutecircuits/peerings": self.put_peering,
              "expressroutecircuits/authorizations": self.put_plain,
              "virtualnetworkgateways": self.put_gateway,
              "virtualnetworks/subnets": self.put_plain}.get(kind)
        if fn is None:
            return error(405, "MethodNotAllowed", "the emulator does not write '%s'" % kind)
        return fn(path, parts, query, body)

    def begin(self, path, parts, body, event=None, fail=None, seconds=None, now=False):
        """Stores what is asked for as 'Updating' and ends it after a while."""
        old = self.w.get(path)
        r = copy.deepcopy(body)
        r.update(id=old["id"] if old else path, name=parts[-1],
                 type="Microsoft.Network/" + "/".join(parts[0::2]))
        r.setdefault("properties", {})["provisioningState"] = "Updating"
        r = self.w.put(r)
        if event and now:
            self.w.tell(event, r)

        def finish():
            cur = self.w.get(path)
            if cur:
                cur["properties"]["provisioningState"] = "Succeeded"
                public = cur["properties"].get("microsoftPeeringConfig")
                if public:  # the registry agrees
                    public["advertisedPublicPrefixesState"] = "Configured"
                self.w.touch(cur)
                if event and not now:
                    self.w.tell(event, cur)
                return self.w.shown(cur)
            return None

        op = self.w.start(path, finish, seconds, fail)
        return 200 if old else 201, self.long_headers(op), self.w.shown(r)

    def put_plain(self, path, parts, _query, body):
        parent = self.w.get(path.rsplit("/", 2)[0])
        if not parent:
            return error(404, "ParentResourceNotFound", "the parent does not exist")
        return self.begin(path, parts, body)

    def put_peering(self, path, parts, _query, body):
        circ = self.w.get(path.rsplit("/", 2)[0])
        p = body.get("properties", {})
        if not circ:
            return error(404, "ParentResourceNotFound", "the circuit does not exist")
        if circ["properties"].get("serviceProviderProvisioningState", "Provisioned") != "Provisioned":
            return error(400, "ServiceProviderNotProvisioned",
                         "The service provider has not provisioned circuit '%s'." % circ["name"])
        if parts[-1] == "AzurePublicPeering":
            return error(400, "PublicPeeringNotAllowed", "Azure public peering is retired.")
        for k in ("primaryPeerAddressPrefix", "secondaryPeerAddressPrefix", "vlanId", "peerASN"):
            if k not in p:
                return error(400, "InvalidRequestFormat", "'%s' is missing" % k)
        twin = [c for c in self.w.children(circ["id"], "peerings")
                if c["properties"].get("vlanId") == p["vlanId"]
                and c["id"].lower() != path.lower()]
        base = {"peeringType": parts[-1], "state": "Enabled", "azureASN": 12076,
                "primaryAzurePort": "", "secondaryAzurePort": "", "connections": [],
                "gatewayManagerEtag": "", "lastModifiedBy": "Customer"}
        base.update(p)
        if "microsoftPeeringConfig" in base:
            base["microsoftPeeringConfig"] = dict(base["microsoftPeeringConfig"],
                                                  advertisedPublicPrefixesState="Configuring")
        if twin:  # it 'succeeds', and no session comes up
            base["_dead"] = True
        return self.begin(path, parts, {"properties": base}, "peering")

    def put_circuit(self, path, parts, _query, body):
        if "location" not in body:
            return error(400, "LocationRequired", "The location property is required.")
        r = copy.deepcopy(body)
        p = r.setdefault("properties", {})
        # what the body does not carry is dropped: the trap of PUTting from memory
        for kind in ("peerings", "authorizations"):
            keep = {c["name"].lower() for c in p.pop(kind, []) or []}
            for c in self.w.children(path, kind):
                if c["name"].lower() not in keep:
                    self.w.remove(c["id"])
        old = self.w.get(path)
        now = old["properties"] if old else {}
        p["circuitProvisioningState"] = "Enabled"
        p["serviceProviderProvisioningState"] = now.get("serviceProviderProvisioningState", "NotProvisioned")
        p["serviceKey"] = now.get("serviceKey", "aaaaaaaa-0000-4000-8000-00000000beef")
        return self.begin(path, parts, r, "circuit")

    def put_gateway(self, path, parts, _query, body):
        return self.begin(path, parts, body, "gateway", seconds=self.w.delay * 5)

    def put_connection(self, path, parts, _query, body):
        p = body.get("properties", {})
        gw = self.w.get((p.get("virtualNetworkGateway1") or {}).get("id", ""))
        if "location" not in body:
            return error(400, "LocationRequired", "The location property is required.")
        if not gw:
            return error(400, "InvalidResourceReference", "the gateway does not exist")
        if gw["properties"]["provisioningState"] != "Succeeded":
            return error(400, "ReferencedResourceNotProvisioned",
                         "Cannot proceed with operation because resource '%s' is not in "
                         "Succeeded state." % gw["id"])
        if self.w.busy(gw["id"]):
            return error(409, "AnotherOperationInProgress",
                         "Another operation on this or dependent resource is in progress.")
        r = copy.deepcopy(body)
        if p.get("connectionType") == "ExpressRoute":
            bad = self.express(r["properties"], gw)
            if bad:
                return bad
        elif "localNetworkGateway2" not in p:
            return error(400, "InvalidRequestFormat", "'localNetworkGateway2' is missing")
        # the cloud prefers the circuit as soon as there is a connection
        return self.begin(path, parts, r, "connection", now=True)

    def express(self, p, gw):
        circ = self.w.get((p.get("peer") or {}).get("id", ""))
        if gw["properties"]["gatewayType"] != "ExpressRoute":
            return error(400, "GatewayTypeMismatch", "the gateway is no ExpressRoute gateway")
        key = p.pop("authorizationKey", None)
        if circ is None or key is not None:
            auth = [a for a in self.w.res.values() if a["type"].endswith("/authorizations")
                    and a["properties"].get("authorizationKey") == key]
            if not auth:
                return error(400, "ExpressRouteCircuitAuthorizationInvalid", "the key is not valid")
            auth[0]["properties"]["authorizationUseStatus"] = "InUse"
        elif not [c for c in self.w.children(circ["id"], "peerings")
                  if c["name"] == "AzurePrivatePeering"]:
            return error(400, "CircuitPeeringNotFound", "the circuit has no private peering")
        p.setdefault("routingWeight", 0)
        p.update(connectionStatus="Connected", ingressBytesTransferred=0,
                 egressBytesTransferred=0, enableBgp=False,
                 usePolicyBasedTrafficSelectors=False)
        return None

    def put_vnet(self, path, parts, query, body):
        """Before 2023-09-01 a body without subnets removes them all; from then
        on only an empty list does."""
        r = copy.deepcopy(body)
        p = r.setdefault("properties", {})
        given = p.pop("subnets", None)
        p.pop("virtualNetworkPeerings", None)
        if given is None and query["api-version"] >= "2023-09-01":
            given = None
        elif given is None:
            given = []
        if given is not None:
            keep = {s["name"].lower() for s in given}
            for s in self.w.children(path, "subnets"):
                if s["name"].lower() not in keep:
                    self.w.remove(s["id"])
        return self.begin(path, parts, r, "vnet")

    def delete(self, path, parts, _query, _body):
        r = self.w.get(path)
        if not r:
            return 204, {}, None
        bad = self.locked(path, parts)
        if bad:
            return bad
        r["properties"]["provisioningState"] = "Deleting"
        self.w.touch(r)
        kind = parts[-2].lower()
        if kind == "connections":
            self.w.tell("disconnection", r)

        def finish():
            self.w.remove(path)
            return None

        op = self.w.start(path, finish)
        return 202, self.long_headers(op), None
