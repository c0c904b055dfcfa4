/*
 * prefix.c - parsing, comparing and splitting prefixes
 *
 * Plain values, no state, no I/O.  Text is accepted strictly: decimal lengths
 * without sign or leading zero, addresses as inet_pton() takes them.
 */
#include "orchestrator/model/prefix.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static unsigned bits_of(const struct prefix *p)
{
	return p->family == 4 ? 32 : 128;
}

/* Clears the host bits; says whether any was set. */
static bool clear_host(struct prefix *p)
{
	uint8_t any = 0, keep;

	for (unsigned i = p->len / 8; i < bits_of(p) / 8; i++) {
		keep = i == p->len / 8 ? (uint8_t)(0xff00u >> p->len % 8) : 0;
		any |= p->addr[i] & (uint8_t)~keep;
		p->addr[i] &= keep;
	}
	return any;
}

static bool parse_addr(const char *text, size_t n, struct prefix *ret)
{
	char buf[INET6_ADDRSTRLEN];

	*ret = (struct prefix){.family = 4, .len = 32};
	if (n >= sizeof(buf))
		return false;
	memcpy(buf, text, n);
	buf[n] = 0;
	if (inet_pton(AF_INET, buf, ret->addr) == 1)
		return true;
	ret->family = 6;
	ret->len = 128;
	return inet_pton(AF_INET6, buf, ret->addr) == 1;
}

/* A length at *s, at most max; *s moves behind it. */
static bool parse_len(const char **s, unsigned max, uint8_t *ret)
{
	unsigned v = 0;
	const char *c = *s;

	if (*c < '0' || *c > '9' || (*c == '0' && c[1] >= '0' && c[1] <= '9'))
		return false;
	for (; *c >= '0' && *c <= '9'; c++) {
		v = v * 10 + (unsigned)(*c - '0');
		if (v > max)
			return false;
	}
	*ret = (uint8_t)v;
	*s = c;
	return true;
}

/* 'ADDR/LEN' at *s as written; *s moves behind it. */
static bool parse_slash(const char **s, struct prefix *ret_addr,
			uint8_t *ret_len)
{
	const char *slash = strchr(*s, '/');

	if (!slash || !parse_addr(*s, (size_t)(slash - *s), ret_addr))
		return false;
	*s = slash + 1;
	return parse_len(s, bits_of(ret_addr), ret_len);
}

static bool parse_head(const char **s, const char *text, struct prefix *ret,
		       struct err *e)
{
	struct prefix p;
	char buf[PREFIX_TEXT_MAX];

	if (!parse_slash(s, &p, &p.len))
		return err_set(
			e, ERR_INVALID,
			"'%s' is not a prefix; write it as '10.1.0.0/16'",
			text);
	if (clear_host(&p)) {
		err_set(e, ERR_INVALID,
			"prefix '%s' has host bits set; write '%s'", text,
			prefix_text(&p, buf));
		if (e)
			e->rule = mem_strdup("prefix-host-bits");
		return false;
	}
	*ret = p;
	return true;
}

bool prefix_parse(const char *text, struct prefix *ret, struct err *e)
{
	const char *s = text;
	struct prefix p;

	if (!parse_head(&s, text, &p, e))
		return false;
	if (*s)
		return err_set(e, ERR_INVALID, "'%s' has '%s' after the prefix",
			       text, s);
	*ret = p;
	return true;
}

bool prefix_parse_addr(const char *text, struct prefix *ret, struct err *e)
{
	if (parse_addr(text, strlen(text), ret))
		return true;
	return err_set(e, ERR_INVALID, "'%s' is not an IP address", text);
}

bool prefix_parse_ifaddr(const char *text, struct prefix *ret_net,
			 struct prefix *ret_addr, struct err *e)
{
	const char *s = text;
	struct prefix a;
	uint8_t len;

	if (!parse_slash(&s, &a, &len) || *s)
		return err_set(e, ERR_INVALID,
			       "'%s' is not an interface address; write it as "
			       "'10.1.0.5/30'",
			       text);
	*ret_addr = a;
	a.len = len;
	clear_host(&a);
	*ret_net = a;
	return true;
}

/* ' WORD N' at *s: 1 found, 0 not there, -1 malformed. */
static int parse_bound(const char **s, const char *word, unsigned max,
		       uint8_t *ret)
{
	const char *c = *s;
	size_t n = strlen(word);

	while (*c == ' ')
		c++;
	if (strncmp(c, word, n) != 0 || c[n] != ' ')
		return 0;
	c += n;
	while (*c == ' ')
		c++;
	if (!parse_len(&c, max, ret))
		return -1;
	*s = c;
	return 1;
}

bool prefix_rule_parse(const char *text, struct prefix_rule *ret, struct err *e)
{
	const char *s = text;
	struct prefix_rule r;
	int ge, le;

	if (!parse_head(&s, text, &r.prefix, e))
		return false;
	r.ge = r.le = r.prefix.len;
	ge = parse_bound(&s, "ge", bits_of(&r.prefix), &r.ge);
	if (ge > 0)
		r.le = (uint8_t)bits_of(&r.prefix);
	le = ge < 0 ? -1 : parse_bound(&s, "le", bits_of(&r.prefix), &r.le);
	if (ge < 0 || le < 0 || *s || r.ge < r.prefix.len || r.le < r.ge)
		return err_set(e, ERR_INVALID,
			       "'%s' is not a prefix rule; write 'P', 'P le N' "
			       "or 'P ge N le M' with the lengths in order",
			       text);
	*ret = r;
	return true;
}

char *prefix_addr_text(const struct prefix *p, char *out)
{
	inet_ntop(p->family == 4 ? AF_INET : AF_INET6, p->addr, out,
		  PREFIX_TEXT_MAX);
	return out;
}

char *prefix_text(const struct prefix *p, char *out)
{
	size_t n;

	prefix_addr_text(p, out);
	n = strlen(out);
	snprintf(out + n, PREFIX_TEXT_MAX - n, "/%u", p->len);
	return out;
}

char *prefix_rule_text(const struct prefix_rule *r, char *out)
{
	size_t n;

	prefix_text(&r->prefix, out);
	n = strlen(out);
	if (r->ge > r->prefix.len) {
		snprintf(out + n, PREFIX_TEXT_MAX - n, " ge %u", r->ge);
		n = strlen(out);
	}
	if (r->le > r->ge || r->ge > r->prefix.len)
		snprintf(out + n, PREFIX_TEXT_MAX - n, " le %u", r->le);
	return out;
}

int prefix_cmp(const struct prefix *a, const struct prefix *b)
{
	int c;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	c = memcmp(a->addr, b->addr, sizeof(a->addr));
	if (c)
		return c;
	return a->len < b->len ? -1 : a->len > b->len;
}

bool prefix_contains(const struct prefix *outer, const struct prefix *inner)
{
	unsigned bytes = outer->len / 8u, rest = outer->len % 8u;

	if (outer->family != inner->family || outer->len > inner->len ||
	    memcmp(outer->addr, inner->addr, bytes) != 0)
		return false;
	return !rest ||
	       !((outer->addr[bytes] ^ inner->addr[bytes]) >> (8 - rest));
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return prefix_contains(a, b) || prefix_contains(b, a);
}

bool prefix_rule_matches(const struct prefix_rule *r, const struct prefix *p)
{
	return prefix_contains(&r->prefix, p) && p->len >= r->ge &&
	       p->len <= r->le;
}

bool prefix_split(const struct prefix *p, struct prefix ret[2])
{
	if (p->len >= bits_of(p))
		return false;
	ret[0] = ret[1] = *p;
	ret[0].len = ret[1].len = (uint8_t)(p->len + 1);
	ret[1].addr[p->len / 8] |= (uint8_t)(0x80u >> p->len % 8);
	return true;
}

struct prefix prefix_shorten(const struct prefix *p, uint8_t len)
{
	struct prefix q = *p;

	q.len = len < p->len ? len : p->len;
	clear_host(&q);
	return q;
}

struct prefix prefix_nth(const struct prefix *p, uint32_t n)
{
	struct prefix a = *p;
	uint64_t carry = n;

	a.len = (uint8_t)bits_of(p);
	for (int i = (int)(bits_of(p) / 8) - 1; i >= 0 && carry; i--) {
		carry += a.addr[i];
		a.addr[i] = (uint8_t)carry;
		carry >>= 8;
	}
	return a;
}
