/*
 * protocols.c - `show protocols all` and `show bfd sessions`, read
 *
 * A protocol starts with a line that has no blank after its code; the lines
 * that follow are 'Key: value', indented.  Times are printed in the daemon's
 * own zone and in one of several formats, so only differences to the server
 * time of the same answer are used.
 */
#include "adapters/bird/protocols.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "adapters/bird/reply.h"

static void protocol_done(struct bird_protocol *p)
{
	free(p->name);
	free(p->proto);
	free(p->state);
	free(p->since);
	free(p->bgp_state);
	free(p->neighbor);
	free(p->interface);
	free(p->source);
	free(p->import);
	free(p->export);
}

void bird_protocols_done(struct bird_protocols *l)
{
	for (size_t i = 0; i < l->n; i++)
		protocol_done(&l->v[i]);
	free(l->v);
	*l = (struct bird_protocols){0};
}

const struct bird_protocol *bird_protocols_find(const struct bird_protocols *l,
						const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].name, name) == 0)
			return &l->v[i];
	return NULL;
}

bool bird_protocol_enabled(const struct bird_protocol *p)
{
	return strcmp(p->state, "up") == 0 || strcmp(p->state, "start") == 0;
}

bool bird_protocol_established(const struct bird_protocol *p)
{
	return p->bgp_state && strcmp(p->bgp_state, "Established") == 0;
}

/* Next word of *s, or NULL; *s moves behind it. */
static char *word_take(const char **s)
{
	size_t n;
	char *w;

	*s += strspn(*s, " \t");
	n = strcspn(*s, " \t");
	if (!n)
		return NULL;
	w = mem_strndup(*s, n);
	*s += n;
	return w;
}

static char *since_take(const char **s)
{
	char *first = word_take(s);
	const char *rest = *s;
	mem_auto_free char *second = word_take(&rest);
	char *both;

	if (!first || !strchr(first, '-') || !second || !strchr(second, ':'))
		return first;
	*s = rest;
	both = mem_format("%s %s", first, second);
	free(first);
	return both;
}

/* 'vpn1  BGP  ---  up  06:38:30.114  Established' */
static void summary_parse(const char *line, struct bird_protocols *l)
{
	struct bird_protocol p = {0};
	mem_auto_free char *table = NULL;

	p.name = word_take(&line);
	p.proto = word_take(&line);
	table = word_take(&line);
	p.state = word_take(&line);
	p.since = since_take(&line);
	if (!p.since) {
		protocol_done(&p);
		return;
	}
	MEM_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = p;
}

static void string_set(char **dst, const char *value)
{
	if (!*dst)
		*dst = mem_strdup(value);
}

static uint32_t count_of(const char *s, const char *what)
{
	for (const char *p = s; *p; p += strcspn(p, ",")) {
		char *rest;
		unsigned long n;

		p += strspn(p, ", ");
		n = strtoul(p, &rest, 10);
		if (*rest == ' ' && strncmp(rest + 1, what, strlen(what)) == 0)
			return (uint32_t)n;
	}
	return 0;
}

static void neighbor_set(struct bird_protocol *p, const char *v)
{
	const char *at = strchr(v, '%');

	if (p->neighbor)
		return;
	p->neighbor = mem_strndup(v, at ? (size_t)(at - v) : strlen(v));
	if (at)
		p->interface = mem_strdup(at + 1);
}

static void detail_parse(const char *key, const char *v,
			 struct bird_protocol *p)
{
	if (strcmp(key, "BGP state") == 0)
		string_set(&p->bgp_state, v);
	else if (strcmp(key, "Neighbor address") == 0)
		neighbor_set(p, v);
	else if (strcmp(key, "Neighbor AS") == 0)
		p->asn = (uint32_t)strtoul(v, NULL, 10);
	else if (strcmp(key, "Local AS") == 0)
		p->local_asn = (uint32_t)strtoul(v, NULL, 10);
	else if (strcmp(key, "Source address") == 0)
		string_set(&p->source, v);
	else if (strcmp(key, "Input filter") == 0)
		string_set(&p->import, v);
	else if (strcmp(key, "Output filter") == 0)
		string_set(&p->export, v);
	else if (strcmp(key, "Routes") != 0)
		return;
	else {
		p->imported += count_of(v, "imported");
		p->filtered += count_of(v, "filtered");
		p->exported += count_of(v, "exported");
	}
}

static void detail_line(char *line, struct bird_protocol *p)
{
	char *colon = strstr(line, ": ");
	char *key = line + strspn(line, " \t");

	if (!colon)
		return;
	*colon = '\0';
	detail_parse(key, colon + 1 + strspn(colon + 1, " "), p);
}

void bird_protocols_parse(const char *text, size_t len,
			  struct bird_protocols *ret)
{
	struct bird_cursor c;
	struct bird_line l;

	*ret = (struct bird_protocols){0};
	bird_reply_start(&c, text, len);
	while (bird_reply_next(&c, &l)) {
		mem_auto_free char *line = mem_strndup(l.text, l.len);

		if (l.code == BIRD_PROTOCOL && *line && *line != ' ')
			summary_parse(line, ret);
		else if (l.code == BIRD_DETAILS && ret->n)
			detail_line(line, &ret->v[ret->n - 1]);
	}
}

char *bird_bfd_state(const char *text, size_t len, const char *address)
{
	struct bird_cursor c;
	struct bird_line l;

	bird_reply_start(&c, text, len);
	while (bird_reply_next(&c, &l)) {
		mem_auto_free char *line = mem_strndup(l.text, l.len);
		const char *p = line;
		mem_auto_free char *ip = word_take(&p);
		mem_auto_free char *interface = word_take(&p);
		char *state;

		if (l.code != BIRD_BFD || !ip || strcmp(ip, address) != 0)
			continue;
		state = word_take(&p);
		for (char *s = state; s && *s; s++)
			*s = (char)tolower((unsigned char)*s);
		return state ? state : mem_strdup("");
	}
	return mem_strdup("");
}

/* ---- time ---- */

#define WANDER_MS 200
#define DAY_MS 86400000

struct moment {
	bool has_date, has_time;
	struct tm tm;
	int ms;
};

static void clock_parse(const char *s, struct moment *m)
{
	int h, mi, sec, at = 0, digits = 100;

	if (sscanf(s, "%2d:%2d:%2d%n", &h, &mi, &sec, &at) != 3)
		return;
	m->has_time = true;
	m->tm.tm_hour = h;
	m->tm.tm_min = mi;
	m->tm.tm_sec = sec;
	if (s[at] != '.')
		return;
	for (s += at + 1; isdigit((unsigned char)*s) && digits; s++) {
		m->ms += (*s - '0') * digits;
		digits /= 10;
	}
}

static void moment_parse(const char *s, struct moment *m)
{
	int y, mo, d;

	*m = (struct moment){0};
	m->tm.tm_mday = 1;
	if (sscanf(s, "%4d-%2d-%2d", &y, &mo, &d) == 3) {
		m->has_date = true;
		m->tm.tm_year = y - 1900;
		m->tm.tm_mon = mo - 1;
		m->tm.tm_mday = d;
		s += strcspn(s, " T");
		s += *s != '\0';
	}
	clock_parse(s, m);
}

static int64_t moment_ms(const struct moment *m)
{
	struct tm tm = m->tm;

	return (int64_t)timegm(&tm) * 1000 + m->ms;
}

static int64_t ago_ms(const char *since, const char *now)
{
	struct moment a, b;
	int64_t ago;

	moment_parse(since, &a);
	moment_parse(now, &b);
	if (!b.has_date || !b.has_time || (!a.has_date && !a.has_time))
		return -1;
	if (!a.has_date) {
		a.tm.tm_year = b.tm.tm_year;
		a.tm.tm_mon = b.tm.tm_mon;
		a.tm.tm_mday = b.tm.tm_mday;
	}
	ago = moment_ms(&b) - moment_ms(&a);
	if (!a.has_date && ago < -WANDER_MS)
		ago += DAY_MS; /* yesterday */
	return ago < 0 ? 0 : ago;
}

int64_t bird_time_ago(const char *since, const char *now)
{
	int64_t ms = ago_ms(since, now);

	return ms < 0 ? -1 : ms / 1000;
}

int64_t bird_time_epoch(const char *since, const char *now, int64_t epoch)
{
	int64_t ago = ago_ms(since, now), local, zone;
	struct moment m;

	if (ago < 0)
		return -1;
	moment_parse(now, &m);
	local = moment_ms(&m);
	zone = local / 1000 - epoch;
	/* zones differ by quarters of an hour */
	zone = (zone + (zone < 0 ? -450 : 450)) / 900 * 900;
	return (local - ago) / 1000 - zone;
}

bool bird_time_same(const char *since_a, const char *now_a, const char *since_b,
		    const char *now_b)
{
	int64_t a = ago_ms(since_a, now_a), b = ago_ms(since_b, now_b), d;
	struct moment x, y;

	if (strcmp(since_a, since_b) == 0)
		return true;
	moment_parse(since_a, &x);
	moment_parse(since_b, &y);
	if (a < 0 || b < 0)
		return false;
	if (x.has_date != y.has_date)
		return y.has_date && !y.has_time;
	moment_parse(now_a, &x);
	moment_parse(now_b, &y);
	d = (moment_ms(&x) - a) - (moment_ms(&y) - b);
	return d >= -WANDER_MS && d <= WANDER_MS;
}
