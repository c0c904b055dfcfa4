/*
 * rules.c - why each rule is a rule
 *
 * Sorted by id.  A unit test checks that every rule that the loader can report
 * stands here.  Sources: RFCs, and for the provider's behaviour the public
 * Azure documentation (repository MicrosoftDocs/azure-docs, by file name).
 */
#include "orchestrator/plan/rules.h"

#include <string.h>

#include "orchestrator/plan/diag.h"

#define YAML "YAML 1.2 allows it; a plan does not need it"
#define FORM "the plan reference, plans/REFERENCE.md"
#define ROUTING "expressroute-routing.md"

const struct rule plan_rules[] = {
	{"asn-provider",
	 "The provider's routers speak with one AS number only. A session "
	 "configured for another one never leaves the state OpenSent.",
	 ROUTING},
	{"asn-reserved",
	 "Some AS numbers have a meaning of their own (documentation, "
	 "translation, a cloud's own routers). A route that carries them is "
	 "dropped as a loop or as invalid, by routers that say nothing.",
	 "RFC 5398, RFC 6793, RFC 7300; expressroute-routing.md; "
	 "vpn-gateway-faq-bgp-include.md"},
	{"asymmetric-stateful",
	 "A cloud prefix's import moves once, in the first wave that names "
	 "it; the other groups' exports follow later. In between their two "
	 "directions take different paths, and a firewall that sees one only "
	 "drops the flow.",
	 "expressroute-asymmetric-routing.md"},
	{"azure-login",
	 "Whoever logs in is on the record of every change in Azure. A plan "
	 "names one way to log in, so that it is not by chance one or the "
	 "other.",
	 "RFC 6749, section 4.4"},
	{"azure-name",
	 "Names and ids become parts of addresses; one that could leave its "
	 "place there would reach another resource than the plan says.",
	 FORM},
	{"azure-peering",
	 "On the provider's routers both links of a peering have the same "
	 "VLAN, and each its own subnet; a microsoft peering stays silent "
	 "until its advertised prefixes have been validated.",
	 ROUTING},
	{"bad-address", "An address must be IPv4 or IPv6 as routers write it.",
	 "RFC 4291, section 2.2"},
	{"bad-community",
	 "A BGP community is two numbers of 16 bits, written 'a:b'.",
	 "RFC 1997"},
	{"bad-name",
	 "Names become parts of object names on devices, where other "
	 "characters would have to be quoted, differently on each.",
	 FORM},
	{"bad-prefix",
	 "A prefix is an address and a length; an address alone could mean "
	 "the host or the classful network.",
	 "RFC 4632"},
	{"bad-value", "The value is none of those that this key can have.",
	 FORM},
	{"bfd-min",
	 "The provider's edge sends a BFD packet every 300 ms at the fastest "
	 "and expects no more. What is negotiated is the slower side's: a "
	 "faster figure in the plan promises a detection that does not "
	 "happen.",
	 "expressroute-bfd.md"},
	{"dead-man-short",
	 "The timer on the device must outlast the command that it guards, "
	 "or the device reverts while the change is still being made.",
	 "how the timer works: armed with the change, confirmed after it"},
	{"default-route",
	 "A default route moves the Internet traffic of the side that "
	 "accepts it; virtual machines have lost their activation and "
	 "updates that way.",
	 ROUTING},
	{"duplicate-key",
	 "Of two equal keys YAML readers take the first, the last or "
	 "neither. What was reviewed must be what runs.",
	 "YAML 1.2.2, section 3.2.1.1"},
	{"duplicate-name",
	 "Steps, rows of the journal and steering commands name things; two "
	 "of one name could not be told apart.",
	 FORM},
	{"edge-without-tunnel",
	 "An edge that has a link but no tunnel has no path to come back to "
	 "of its own; its rollback depends on the other edge.",
	 "make before break"},
	{"family-mismatch",
	 "The sessions of a peering carry the address family that they are "
	 "spoken over; prefixes of the other one would never move, and never "
	 "be missed by a proof either.",
	 "expressroute-routing.md; RFC 4760"},
	{"file-read", "A file that the plan needs cannot be read.", FORM},
	{"group-twice",
	 "A group moves once. Naming it again would make the second wave "
	 "empty and its measurements meaningless.",
	 FORM},
	{"group-unused",
	 "The group does not move, which is rarely what was meant.", FORM},
	{"guard-empty",
	 "A guard without a bound can never be breached; it looks like "
	 "protection and is none.",
	 FORM},
	{"guard-sessions",
	 "BGP sessions are up or down; packets lost, gaps and times are "
	 "measured by probes.",
	 FORM},
	{"hold-min",
	 "The provider's edge takes no hold time below 10 s (its own is "
	 "180 s); for faster detection use BFD.",
	 "expressroute-faqs.md; expressroute-bfd.md"},
	{"link-address",
	 "A /30 has two usable addresses: the first is the customer's, the "
	 "second the provider's.",
	 ROUTING},
	{"link-addresses-swapped",
	 "The provider takes the second usable address of a link, always. "
	 "With the two swapped both ends have the same address, ARP never "
	 "completes and the session never comes up.",
	 "expressroute-routing.md; "
	 "expressroute-troubleshooting-arp-resource-manager.md"},
	{"link-subnet-length",
	 "The provider takes two /30 (IPv6: /126), or one /29 (/125) whose "
	 "first half is the primary link's. A /31 is not accepted, although "
	 "routers can do it.",
	 "expressroute-routing.md; RFC 3021"},
	{"management-in-moved",
	 "If the way to an edge lies in a prefix that moves, a bad step cuts "
	 "off the hand that would undo it. Use a management address that "
	 "does not depend on the moved paths.",
	 "the lesson of Facebook's outage of 2021-10-04"},
	{"missing-key",
	 "Something that the plan cannot do without is not "
	 "there, and no default would be a safe guess.",
	 FORM},
	{"out-of-range", "The number is outside of what can work.", FORM},
	{"plan-version",
	 "A plan for another version may mean something else by the same "
	 "words.",
	 FORM},
	{"preference-order",
	 "The site prefers the highest local preference. The circuit must "
	 "be above the VPN to move traffic, and below it to be drained "
	 "before anything is withdrawn.",
	 "RFC 4271, section 5.1.5; expressroute-optimize-routing.md"},
	{"prefix-equals-vnet",
	 "The virtual network's own routes win over whatever is learned, "
	 "even over a longer prefix; the same prefix announced from the site "
	 "is refused or never used.",
	 "virtual-networks-udr-overview.md; "
	 "vpn-gateway-faq-bgp-include.md"},
	{"prefix-headroom",
	 "A planned rollback holds traffic on the VPN by the two halves of "
	 "each prefix before it withdraws it: three routes for one, for a "
	 "while. Where the VPN gateway would drop the session above its "
	 "limit, the rollback does without, and is not hitless.",
	 "vpn-gateway-faq-bgp-include.md"},
	{"prefix-host-bits",
	 "Routers disagree about a prefix with host bits set: some cut them "
	 "off, some refuse, and some match nothing.",
	 "RFC 4632, section 3.1"},
	{"prefix-limit",
	 "Above its limit the provider drops the BGP session, and with it "
	 "all routes, not only those that are too many.",
	 "expressroute-limits.md; expressroute-faqs.md"},
	{"prefix-not-site",
	 "Announcing somebody else's prefix draws their traffic. What the "
	 "site may announce is said once, in 'site.prefixes', and everything "
	 "else is held against it.",
	 "RFC 7454, section 6"},
	{"prefix-not-vnet",
	 "Only prefixes of the virtual network are announced on a private "
	 "peering; an import of anything else would wait for ever.",
	 "expressroute-faqs.md"},
	{"prefix-part-of-vnet",
	 "The gateway announces whole address spaces of the virtual network, "
	 "never a part of one; an import of a part matches nothing.",
	 "expressroute-faqs.md"},
	{"prefix-twice",
	 "The prefix moves with the first group that names it; the other "
	 "group's wave has less to move, and its measurement means less, "
	 "than its name says.",
	 FORM},
	{"probe-thin",
	 "A flow that sends less than one packet a second sees no gap that "
	 "is shorter.",
	 FORM},
	{"provider-owns-peering",
	 "Where the provider owns layer 3, writing a peering overwrites the "
	 "provider's settings and breaks routing until they repair it.",
	 "expressroute-troubleshooting-expressroute-overview.md"},
	{"public-peering-retired",
	 "Azure public peering was retired on 2024-03-31 and cannot be made "
	 "any "
	 "more; public services are reached over a microsoft peering with a "
	 "route filter.",
	 "expressroute-circuit-peerings.md"},
	{"secret-inline",
	 "A secret in the plan would be in the repository, in the journal "
	 "and in every report. Write where it is kept: {env: NAME}, "
	 "{file: PATH} or {command: [..]}.",
	 "secrets never leave memory"},
	{"single-edge",
	 "Two links on one edge fail together with it; the provider's "
	 "maintenance takes one link at a time, yours takes both.",
	 "designing-for-high-availability-with-expressroute.md"},
	{"single-link",
	 "The provider's availability promise holds only with both links "
	 "up, and its maintenance takes one link down at a time.",
	 "expressroute-routing.md; planned-maintenance.md"},
	{"subnet-overlap",
	 "A link's subnet is connected, and what is connected wins over "
	 "every learned route: part of the overlapped network would vanish "
	 "behind the link.",
	 ROUTING},
	{"timers-order",
	 "A session must survive two lost keepalives; the keepalive interval "
	 "is a third of the hold time at most.",
	 "RFC 4271, section 4.4"},
	{"topology-link",
	 "A link joins two routers; one that ends where it begins was meant "
	 "for another, and that one is missing.",
	 FORM},
	{"topology-prefix",
	 "A prefix behind two routers would be reached by way of the nearer "
	 "one, whatever the plan says of the other.",
	 FORM},
	{"topology-split",
	 "What no links join to the rest has no iBGP and no way out: a proof "
	 "about that network would be about another one than the site's.",
	 "RFC 4271, section 3; RFC 4456"},
	{"undefined-reference", "A name is used that nothing in the plan has.",
	 FORM},
	{"unguarded",
	 "Without a guard nothing but a failed step stops a run; loss would "
	 "be counted, and ignored.",
	 "what is not measured cannot be promised"},
	{"unknown-driver", "There is no adapter for that system.", FORM},
	{"unknown-key",
	 "A key that is not known is most often one that is misspelt; "
	 "ignoring it would run another plan than the one that was written.",
	 FORM},
	{"unmeasured-group",
	 "Loss that nobody measures is not in the report, and no guard can "
	 "see it.",
	 "what is not measured cannot be promised"},
	{"unpin-impossible",
	 "What the cloud sends stays on the VPN only while more-specifics "
	 "are announced there over BGP, by an edge that also has a link of "
	 "the circuit. Without one, use the strategy 'permit-on-circuit'.",
	 "use-s2s-vpn-as-backup-for-expressroute-privatepeering.md"},
	{"untagged-shared",
	 "Two untagged peerings on one interface are one broadcast domain: "
	 "routes and packets of isolated domains would meet.",
	 "expressroute-circuit-peerings.md"},
	{"vlan-duplicate",
	 "The VLAN tells the peerings of a circuit apart; with the same one "
	 "on two, one of them does not come up, and the provider's API has "
	 "been seen to accept it without a word.",
	 "expressroute-routing.md; azure-cli issue 1574"},
	{"vlan-ignored",
	 "On an untagged circuit the provider's side adds the tag, or "
	 "nobody does; a number in the plan changes nothing.",
	 FORM},
	{"window-order", "A window that ends before it starts never opens.",
	 FORM},
	{"window-short",
	 "Baseline and soaks alone take longer than the window; the last "
	 "waves would not start.",
	 FORM},
	{"wrong-type", "The value has another form than this key takes.", FORM},
	{"yaml-alias",
	 "An alias makes a text mean more than it says, up to billions of "
	 "nodes from a few lines, and hides from a reviewer what runs.",
	 YAML},
	{"yaml-depth", "A plan is never that deep; hostile texts are.", YAML},
	{"yaml-documents",
	 "A second document in the file would not be run, which its author "
	 "may not have meant.",
	 YAML},
	{"yaml-encoding",
	 "Texts that are not UTF-8 look different in every editor, and in "
	 "the journal.",
	 "RFC 3629"},
	{"yaml-size",
	 "A plan is never that large; lists of prefixes go into files.", YAML},
	{"yaml-syntax", "The text is not YAML from here on.", "YAML 1.2.2"},
	{"yaml-tag",
	 "Tags make readers construct things; a plan is plain data.", YAML},
};

const size_t plan_n_rules = ARRAY_LEN(plan_rules);

/* The explanation of rule i, made once and kept: diag_explain() hands out
 * texts that nobody frees. */
static const char *explanation(size_t i)
{
	static char *texts[ARRAY_LEN(plan_rules)];
	char *text, *none = NULL;

	text = __atomic_load_n(&texts[i], __ATOMIC_ACQUIRE);
	if (text)
		return text;
	text = mem_format("%s: %s\n\nSource: %s", plan_rules[i].id,
			  plan_rules[i].why, plan_rules[i].source);
	if (__atomic_compare_exchange_n(&texts[i], &none, text, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return text;
	free(text);
	return none;
}

const char *diag_explain(const char *rule)
{
	for (size_t i = 0; i < plan_n_rules; i++)
		if (strcmp(plan_rules[i].id, rule) == 0)
			return explanation(i);
	return NULL;
}

const char *diag_rule(size_t n)
{
	return n < plan_n_rules ? plan_rules[n].id : NULL;
}
