/*
 * prove_rules.c - the rules that need the twin to be judged
 *
 * 'asymmetric-stateful' and 'prefix-limit' stand in plan/rules.c: the loader
 * sees the plain cases already.
 */
#include "orchestrator/twin/prove_rules.h"

#include "orchestrator/base/mem.h"

const struct rule prove_rules[] = {
	{"blackhole",
	 "Packets that reach a router without a route (or one that discards "
	 "them) are lost without a word; where several ways are equal, only "
	 "some of them, which is harder to find.",
	 "RFC 4271, section 9.1.3; designing-for-high-availability-with-"
	 "expressroute.md"},
	{"capacity-one-link",
	 "Both links carry while both are up. When one fails, or is drained "
	 "for maintenance, the other carries everything, and what does not fit "
	 "is lost.",
	 "designing-for-high-availability-with-expressroute.md; "
	 "expressroute-faqs.md"},
	{"check-fails",
	 "A step counts as done when its edge is seen to use the route that "
	 "the step is to bring, or to have left the one that it takes away. "
	 "Where something else wins there (a static route, a preference that "
	 "the plan does not know of) the step waits in vain, and the run goes "
	 "back.",
	 "RFC 4271, section 9.1; make before break: seen, not hoped for"},
	{"loop",
	 "Each of two routers takes the other for the way out: packets go "
	 "round until their time to live is over, and take the link with "
	 "them.",
	 "RFC 4271, section 9.1.2; RFC 6198, section 4"},
	{"management-path",
	 "A system that is steered over what moves cannot be brought back when "
	 "the move goes wrong.",
	 "the lesson of Facebook's outage of 2021-10-04"},
	{"model-differs",
	 "A proof is about a model. Where the devices, before the first step, "
	 "use other routes than the model says, the model is not of this "
	 "network, and what it proves is not about it.",
	 "the comparison of 'dry-run' against live state; RFC 4271, section "
	 "9.1"},
	{"mtu-mss",
	 "The circuit takes 1,500 bytes, the tunnel 1,400. A TCP connection "
	 "that opens on the circuit agrees on segments that do not fit into "
	 "the tunnel; moved back, it hangs wherever ICMP is filtered. A clamp "
	 "on the site's LAN side keeps segments small on both.",
	 "virtual-network-tcpip-performance-tuning.md; RFC 4459; RFC 2923"},
	{"no-path",
	 "No router on the way knows where to send the packets. Make before "
	 "break: the new way is there before the old one goes.",
	 "RFC 4271, section 9.1.3"},
	{"no-rest",
	 "Preferences that contradict one another have no stable outcome: "
	 "routers go on exchanging updates for ever.",
	 "RFC 4264; RFC 3345"},
	{"not-moved",
	 "A wave that ends with its traffic where it was has moved nothing: a "
	 "longer prefix, a static route or a higher preference holds it on the "
	 "old way, and the cutover waits for what does not come.",
	 "RFC 4271, section 9.1; use-s2s-vpn-as-backup-for-expressroute-"
	 "privatepeering.md"},
	{"peering-leak",
	 "The routing domains of a circuit are isolated from one another. A "
	 "private prefix on a public peering is refused or, worse, taken; a "
	 "route from one domain in the other makes the site a bridge between "
	 "them.",
	 "expressroute-circuit-peerings.md; RFC 7908"},
	{"static-vpn-wins",
	 "A static route has administrative distance 1, a route learned by "
	 "eBGP 20: whatever its local preference, the learned one is not "
	 "used, and the traffic stays on the VPN.",
	 "azure-docs issues 104925 and 93304; the route selection of FRR, "
	 "BIRD and others"},
	{"transient-loop",
	 "Routers do not change at the same moment. Between the first message "
	 "and the last, one follows the new route and another the old one, and "
	 "if these point at each other packets go round.",
	 "RFC 6198, section 4; RFC 5715"},
	{"transient-loss",
	 "A withdrawal empties the nearest router first, while those behind "
	 "it still send to it. Held on the other way by more-specifics, the "
	 "traffic is gone before the route is.",
	 "RFC 6198, section 4"},
	{"transit",
	 "A site that announces on one session what it learned on another "
	 "becomes the way between the two networks, over links that were "
	 "never meant for it.",
	 "RFC 7908, section 3.1"},
	{"tunnel-over-circuit",
	 "With a public peering the VPN gateway's own address can be learned "
	 "over the circuit. The tunnel then rides on what it is to back up, "
	 "and both fail together.",
	 "how-to-configure-coexisting-gateway-portal.md"},
	{"undo-incomplete",
	 "A block's undo must lead back to exactly what was before the block, "
	 "from its end and from every step in it; otherwise the checkpoint is "
	 "a promise that is not kept.",
	 "make before break, and back"},
	{"unpin-early",
	 "More-specifics hold traffic on the VPN only where there are some: a "
	 "host prefix has no halves, a VPN that takes no more prefixes is "
	 "given "
	 "none, and what is longer wins. Such traffic moves with the "
	 "announcement on the circuit, before anybody lets it go.",
	 "use-s2s-vpn-as-backup-for-expressroute-privatepeering.md; RFC 1812, "
	 "section 5.2.4.3"},
	{"window-budget",
	 "A change that cannot be taken back before the window closes is not "
	 "finished in time either: the last moment to decide is the window's "
	 "end less the worst way back.",
	 "what a change window is for"},
};

const size_t prove_n_rules = ARRAY_LEN(prove_rules);
