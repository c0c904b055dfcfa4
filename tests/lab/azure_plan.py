"""A plan for Azure, made to fit the lab.

  azure_plan.py world PLAN                          the emulator's world, by the plan's names
  azure_plan.py provider PLAN                       AS of a provider that owns layer 3, or nothing
  azure_plan.py plan PLAN URL NET STATE PROGRAM     the plan, by the lab's addresses

What the plan says about Azure, circuits, groups, waves and guards stays; how its
edges and Azure are reached, names of interfaces, who probes, and how long is
waited become the lab's.
"""
import json
import os
import sys

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "fakes"))

from arm import world  # noqa: E402

EDGES = (("frr", 12), ("bird", 13))
LOGIN = ("token", "secret", "certificate", "managed_identity", "tenant", "client_id", "login",
         "identity", "audience", "ca_file")


def last(name):
    return name.rsplit("/", 1)[-1]


def is_public(circuit, name):
    p = next(p for p in circuit["peerings"] if p["name"] == name)
    return p.get("domain", name) == "microsoft"


def azure_circuit(plan):
    return next(c for c in plan["circuits"] if c.get("driver") == "azure")


def provider(plan):
    c = azure_circuit(plan)
    return c["peerings"][0]["asn"] if c.get("model") == "network-service" else ""


def emulated(plan):
    """The default world, renamed."""
    c = azure_circuit(plan)
    vnet = plan.get("vnet", {})
    model = "network-service" if provider(plan) else "exchange"
    text = json.dumps(world.default(model))
    names = {world.SUB: plan["azure"]["subscription"], "rg-hub": plan["azure"]["resource_group"],
             "er-hq": last(c.get("circuit", c["name"])), "hub-ergw": last(c["gateway"]),
             "vnet1": last(vnet.get("network", vnet.get("name", "vnet1")))}
    for i, old in enumerate(names):
        text = text.replace(old, "\x01%d\x01" % i)
    for i, new in enumerate(names.values()):
        text = text.replace("\x01%d\x01" % i, new)
    return json.loads(text)


def fitted(plan, url, net, state, program):
    def ssh(byte):
        return {"host": "%s.%d" % (net, byte), "user": "root",
                "key": {"file": state + "/id_ed25519"}, "known_hosts": state + "/known_hosts"}

    azure = {k: v for k, v in plan["azure"].items() if k not in LOGIN}
    plan["azure"] = dict(azure, endpoint=url, token={"env": "LAB_AZURE_TOKEN"})
    for edge, (driver, byte) in zip(plan["edges"], EDGES):
        edge.update(driver=driver, ssh=ssh(byte))
        if driver == "bird":
            edge["include"] = "/etc/bird/cutover.conf"
    plan["hosts"] = [{"name": "app", "ssh": ssh(10), "command": program}]
    for c in plan["circuits"]:
        # a cable for each peering: the tag is taken off on the way
        c["encapsulation"] = "untagged"
        names = [p["name"] for p in c.get("peerings", [])]
        for link in c.get("links", []):
            link["interface"] = "ckt0"
            if len(names) > 1:
                link["interfaces"] = {n: "ckt1" if is_public(c, n) else "ckt0" for n in names}
    for probe in plan.get("probes", []):
        probe["from"] = {"host": "app"}
    for wave in plan.get("waves", []):
        wave["soak"] = os.environ.get("SOAK", "10s")
    plan["baseline"] = os.environ.get("BASELINE", "10s")
    plan.setdefault("timeouts", {})["command"] = "90s"
    return plan


def main(argv):
    with open(argv[2], encoding="utf-8") as f:
        plan = yaml.safe_load(f)
    if argv[1] == "world":
        json.dump(emulated(plan), sys.stdout)
    elif argv[1] == "provider":
        print(provider(plan))
    else:
        print("# Made from %s for the lab." % os.path.basename(argv[2]))
        yaml.safe_dump(fitted(plan, *argv[3:]), sys.stdout, sort_keys=False)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
