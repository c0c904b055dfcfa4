/*
 * text.c - policies and sessions in BIRD's configuration language
 *
 * Pure.  Every value is checked here before it becomes text: names by name.c,
 * addresses and prefixes by the model's parser, so that nothing that comes
 * from a plan can end a string or a statement.  What an entry does not match
 * is rejected by the last line of each filter.
 *
 * Sessions have an import table, so that a rebound import policy acts at once
 * and what was received can be read even where all of it is denied.  They have
 * no export table: with one BIRD 2.0.12 loses a MED that a filter sets beside
 * any other attribute (the conformance test holds this down).
 * What is written is decided elsewhere: see edit.c.
 */
#include "adapters/bird/text.h"

#include <string.h>

#include "adapters/bird/name.h"
#include "orchestrator/model/prefix.h"

static bool rules_parse(const struct resource *r, const struct state_list *l,
			struct prefix_rule *ret, struct err *e)
{
	for (size_t i = 0; i < l->n; i++)
		if (!prefix_rule_parse(l->v[i], &ret[i], e))
			return err_wrap(e, "policy '%s'", r->name);
	return true;
}

static void rule_write(const struct prefix_rule *r, struct buf *out)
{
	char text[PREFIX_TEXT_MAX];

	buf_puts(out, prefix_text(&r->prefix, text));
	if (r->ge != r->prefix.len || r->le != r->prefix.len)
		buf_printf(out, "{%u,%u}", r->ge, r->le);
}

/* `net ~ [ .. ]`: a set has prefixes of one family only. */
static size_t set_write(const struct prefix_rule *v, size_t n, uint8_t family,
			const char *join, struct buf *out)
{
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		if (v[i].prefix.family != family)
			continue;
		buf_puts(out, done++ ? ",\n\t\t" : join);
		if (done == 1)
			buf_puts(out, "net ~ [\n\t\t");
		rule_write(&v[i], out);
	}
	if (done)
		buf_puts(out, "\n\t]");
	return done;
}

static bool community_parse(const struct resource *r, const char *text,
			    unsigned ret[2], struct err *e)
{
	char rest;

	if (strspn(text, "0123456789:") != strlen(text) ||
	    sscanf(text, "%5u:%5u%c", &ret[0], &ret[1], &rest) != 2 ||
	    ret[0] > 65535 || ret[1] > 65535)
		return err_set(e, ERR_INVALID,
			       "policy '%s': '%s' is not a community 'a:b' of "
			       "two numbers up to 65535",
			       r->name, text);
	return true;
}

static bool match_write(const struct resource *r,
			const struct state_policy_entry *x, struct buf *out,
			struct err *e)
{
	mem_auto_free struct prefix_rule *v =
		mem_calloc(x->prefixes.n + 1, sizeof(*v));
	unsigned c[2];
	size_t four;

	if (!rules_parse(r, &x->prefixes, v, e))
		return false;
	if (!x->prefixes.n)
		buf_puts(out, "true");
	else
		buf_puts(out, "(");
	four = set_write(v, x->prefixes.n, 4, "", out);
	set_write(v, x->prefixes.n, 6, four ? " || " : "", out);
	if (x->prefixes.n)
		buf_puts(out, ")");
	if (!x->community)
		return true;
	if (!community_parse(r, x->community, c, e))
		return false;
	buf_printf(out, " && ((%u, %u) ~ bgp_community)", c[0], c[1]);
	return true;
}

static bool actions_write(const struct resource *r,
			  const struct state_policy_entry *x, uint32_t asn,
			  struct buf *out, struct err *e)
{
	unsigned c[2];

	if (x->prepend && (!asn || x->prepend > 32))
		return err_set(e, ERR_INVALID,
			       "policy '%s': cannot prepend %u times AS %u",
			       r->name, x->prepend, asn);
	if (x->has_local_pref)
		buf_printf(out, "\t\tbgp_local_pref = %u;\n", x->local_pref);
	if (x->has_med)
		buf_printf(out, "\t\tbgp_med = %u;\n", x->med);
	for (uint32_t i = 0; i < x->prepend; i++)
		buf_printf(out, "\t\tbgp_path.prepend(%u);\n", asn);
	for (size_t i = 0; i < x->communities.n; i++) {
		if (!community_parse(r, x->communities.v[i], c, e))
			return false;
		buf_printf(out, "\t\tbgp_community.add((%u, %u));\n", c[0],
			   c[1]);
	}
	return true;
}

static bool entry_write(const struct resource *r,
			const struct state_policy_entry *x, uint32_t asn,
			struct buf *out, struct err *e)
{
	if (x->call)
		return err_set(e, ERR_INVALID,
			       "policy '%s': a filter of BIRD cannot call "
			       "'%s': write its rules into the plan",
			       r->name, x->call);
	buf_puts(out, "\tif ");
	if (!match_write(r, x, out, e))
		return false;
	buf_puts(out, " then {\n");
	if (x->permit && !actions_write(r, x, asn, out, e))
		return false;
	buf_puts(out, x->permit ? "\t\taccept;\n" : "\t\treject;\n");
	buf_puts(out, "\t}\n");
	return true;
}

bool bird_text_policy(const struct resource *r, uint32_t asn, struct buf *out,
		      struct err *e)
{
	const struct state_policy_entries *l = &r->route_policy.entries;
	const char *dir = r->route_policy.direction;
	char symbol[BIRD_SYMBOL_MAX + 1];

	if (strncmp(r->name, "CUTOVER-", 8) != 0)
		return err_set(e, ERR_REFUSED,
			       "policy '%s' is not cutover's: its name does "
			       "not start with 'CUTOVER-'",
			       r->name);
	if (!dir || (strcmp(dir, "import") != 0 && strcmp(dir, "export") != 0))
		return err_set(
			e, ERR_INVALID,
			"policy '%s' is neither an import nor an export policy",
			r->name);
	if (!bird_symbol(r->name, symbol, e))
		return false;
	buf_printf(out, "filter %s\n{\n", symbol);
	for (size_t i = 0; i < l->n; i++)
		if (!entry_write(r, &l->v[i], asn, out, e))
			return false;
	buf_puts(out, "\treject;\n}\n");
	return true;
}

/* ---- sessions ---- */

static bool address_check(const struct resource *r, const char *what,
			  const char *text, struct err *e)
{
	struct prefix p;

	if (!text || prefix_parse_addr(text, &p, e))
		return true;
	return err_wrap(e, "session '%s': %s", r->name, what);
}

static bool policy_check(const struct resource *r, const char *policy,
			 struct err *e)
{
	char symbol[BIRD_SYMBOL_MAX + 1];

	if (!policy)
		return true;
	if (strncmp(policy, "CUTOVER-", 8) != 0)
		return err_set(e, ERR_INVALID,
			       "session '%s': '%s' is no policy of cutover's",
			       r->name, policy);
	return bird_symbol(policy, symbol, e);
}

bool bird_text_session_fields(const struct resource *r, struct err *e)
{
	const struct state_session *s = &r->session;
	char symbol[BIRD_SYMBOL_MAX + 1];

	if (s->interface && !bird_interface_valid(s->interface))
		return err_set(
			e, ERR_INVALID,
			"session '%s': '%s' is not the name of an interface",
			r->name, s->interface);
	if ((s->bfd_interval_ms && s->bfd_interval_ms < 10) ||
	    s->bfd_interval_ms > 60000 || s->bfd_multiplier > 255)
		return err_set(
			e, ERR_INVALID,
			"session '%s': BFD of %u ms x %u is out of range",
			r->name, s->bfd_interval_ms, s->bfd_multiplier);
	if ((s->hold_s && s->hold_s < 3) || s->hold_s > 65535 ||
	    s->keepalive_s > 65535)
		return err_set(e, ERR_INVALID,
			       "session '%s': hold time %u s, keepalive %u s "
			       "are out of range",
			       r->name, s->hold_s, s->keepalive_s);
	return bird_symbol(r->name, symbol, e) &&
	       address_check(r, "neighbor", s->neighbor, e) &&
	       address_check(r, "local", s->local, e) &&
	       policy_check(r, s->import, e) && policy_check(r, s->export, e);
}

bool bird_text_password(const char *name, const char *password, struct err *e)
{
	size_t n = strlen(password);

	if (!n || n > BIRD_PASSWORD_MAX)
		return err_set(e, ERR_INVALID,
			       "secret '%s' must have 1 to %d bytes to be a "
			       "TCP MD5 key",
			       name, BIRD_PASSWORD_MAX);
	for (size_t i = 0; i < n; i++)
		if (password[i] < ' ' || password[i] > '~' ||
		    password[i] == '"')
			return err_set(
				e, ERR_INVALID,
				"secret '%s' has a byte that BIRD cannot have "
				"in a string: use printable ASCII without '\"'",
				name);
	return true;
}

/*
 * BIRD waits 5 s before it calls first and a minute after a failure.  A
 * provider's FRR makes its BFD session anew when BGP comes up, which BIRD takes
 * for a failure: with BIRD's own minute every birth of a session would take
 * that long.
 */
static void timers_write(const struct state_session *s, struct buf *out)
{
	buf_puts(out, "\tconnect delay time 1;\n"
		      "\tconnect retry time 10;\n"
		      "\terror wait time 3, 60;\n");
	if (s->hold_s)
		buf_printf(out, "\thold time %u;\n", s->hold_s);
	if (s->keepalive_s)
		buf_printf(out, "\tkeepalive time %u;\n", s->keepalive_s);
	if (s->bfd_interval_ms)
		buf_printf(out,
			   "\tbfd {\n\t\tinterval %u ms;\n\t\tmultiplier "
			   "%u;\n\t};\n",
			   s->bfd_interval_ms,
			   s->bfd_multiplier ? s->bfd_multiplier : 3);
}

static void bind_write(const char *what, const char *policy, struct buf *out)
{
	char symbol[BIRD_SYMBOL_MAX + 1];

	if (policy && bird_symbol(policy, symbol, NULL))
		buf_printf(out, "\t\t%s filter %s;\n", what, symbol);
	else
		buf_printf(out, "\t\t%s none;\n", what);
}

static void channel_write(const struct state_session *s, bool six,
			  struct buf *out)
{
	buf_puts(out, six ? "\tipv6 {\n" : "\tipv4 {\n");
	buf_puts(out, "\t\timport table yes;\n");
	bind_write("import", s->import, out);
	bind_write("export", s->export, out);
	buf_puts(out, "\t};\n");
}

bool bird_text_session(const struct resource *r, const char *password,
		       struct buf *out, struct err *e)
{
	const struct state_session *s = &r->session;
	char symbol[BIRD_SYMBOL_MAX + 1];

	if (!s->neighbor || !s->asn || !s->local_asn)
		return err_set(e, ERR_INVALID,
			       "session '%s' needs a neighbor, its AS and ours",
			       r->name);
	if (!bird_text_session_fields(r, e) || !bird_symbol(r->name, symbol, e))
		return false;
	buf_printf(out, "protocol bgp %s\n{\n", symbol);
	buf_printf(out, "\tdescription \"cutover: %s\";\n", r->name);
	buf_printf(out, "\tdisabled %s;\n", s->enabled ? "no" : "yes");
	buf_puts(out, "\tlocal ");
	if (s->local)
		buf_printf(out, "%s ", s->local);
	buf_printf(out, "as %u;\n\tneighbor %s as %u;\n", s->local_asn,
		   s->neighbor, s->asn);
	if (s->interface)
		buf_printf(out, "\tinterface \"%s\";\n", s->interface);
	if (password)
		buf_printf(out, "\tpassword \"%s\";\n", password);
	timers_write(s, out);
	channel_write(s, strchr(s->neighbor, ':') != NULL, out);
	buf_puts(out, "}\n");
	return true;
}
