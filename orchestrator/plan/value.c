/*
 * value.c - the texts of a plan, judged by their type
 *
 * Pure.  Texts come out canonical (addresses, prefixes), numbers within the
 * bounds of their row.  A message names the text, says what is wrong with it
 * and how it is written; a secret is never handed to this file.
 */
#include "orchestrator/plan/value.h"

#include <ctype.h>
#include <string.h>

#include "orchestrator/model/prefix.h"
#include "orchestrator/plan/units.h"

static bool fail(struct err *e, const char *rule, char *msg)
{
	err_set(e, ERR_INVALID, "%s", msg);
	if (e)
		e->rule = mem_strdup(rule);
	free(msg);
	return false;
}

/* Gives an error of a lower layer a rule, unless it brought its own. */
static bool under(struct err *e, const char *rule)
{
	if (e && !e->rule)
		e->rule = mem_strdup(rule);
	return false;
}

static bool parse_name(const char *s, struct value *ret, struct err *e)
{
	size_t n = strlen(s);
	bool ok = n && n <= 32 && *s != '-';

	for (size_t i = 0; i < n; i++)
		ok = ok && (islower((unsigned char)s[i]) ||
			    isdigit((unsigned char)s[i]) || s[i] == '-');
	if (!ok)
		return fail(e, "bad-name",
			    mem_format("'%s' is not a name; use a-z, 0-9 and "
				       "'-', at most 32, not '-' first",
				       s));
	ret->text = mem_strdup(s);
	return true;
}

static bool parse_ifname(const char *s, struct value *ret, struct err *e)
{
	size_t n = strlen(s);
	bool ok = n && n <= 15 && strcmp(s, ".") && strcmp(s, "..");

	for (size_t i = 0; i < n; i++)
		ok = ok &&
		     (isalnum((unsigned char)s[i]) || strchr("._-@", s[i]));
	if (!ok || *s == '-')
		return fail(e, "bad-name",
			    mem_format("'%s' is not an interface name", s));
	ret->text = mem_strdup(s);
	return true;
}

static bool parse_word(const struct schema_field *f, const char *s,
		       struct value *ret, struct err *e)
{
	const char *rule =
		f->type == SCHEMA_DRIVER ? "unknown-driver" : "bad-value";
	int i = schema_word_index(f->words, s);
	buf_auto b = BUF_INIT;
	const char *w;
	size_t len;

	if (i >= 0) {
		ret->number = i;
		if (f->type != SCHEMA_CHOICE)
			ret->text = mem_strdup(s);
		return true;
	}
	for (size_t k = 0; (w = schema_word(f->words, k, &len)); k++)
		buf_printf(&b, "%s'%.*s'", k ? ", " : "", (int)len, w);
	return fail(e, rule,
		    mem_format("'%s' is no '%s'; it is one of %s", s, f->key,
			       buf_str(&b)));
}

static bool parse_bool(const char *s, bool plain, struct value *ret,
		       struct err *e)
{
	if (!plain || (strcmp(s, "true") && strcmp(s, "false")))
		return fail(e, "wrong-type",
			    mem_format("'%s' is neither true nor false%s", s,
				       plain ? ""
					     : "; write it without "
					       "quotes"));
	ret->number = *s == 't';
	return true;
}

static bool parse_number(const char *s, bool plain, struct value *ret,
			 struct err *e)
{
	uint64_t v;

	if (!plain || !units_number(s, INT64_MAX, &v))
		return fail(e, "wrong-type",
			    mem_format("'%s' is not a number%s", s,
				       plain ? "; write it in decimal digits"
					     : "; write it without quotes"));
	ret->number = (int64_t)v;
	return true;
}

static bool parse_unit(const struct schema_field *f, const char *s,
		       struct value *ret, struct err *e)
{
	uint32_t small = 0;
	int64_t scale = f->type == SCHEMA_MS ? 1000 : 1000000;

	if (f->type == SCHEMA_RATE || f->type == SCHEMA_SIZE) {
		if (!(f->type == SCHEMA_RATE ? units_rate(s, &small, e)
					     : units_size(s, &small, e)))
			return under(e, "bad-value");
		ret->number = small;
		return true;
	}
	if (!units_duration_us(s, &ret->number, e))
		return under(e, "bad-value");
	if (ret->number % scale)
		return fail(
			e, "bad-value",
			mem_format("'%s' is not a whole number of seconds", s));
	ret->number /= scale;
	return true;
}

/* A bound as it would be written for this field. */
static char *bound_text(const struct schema_field *f, uint64_t v)
{
	static const char *const units[SCHEMA_TYPES] = {
		[SCHEMA_SECONDS] = "s",
		[SCHEMA_RATE] = "/s",
		[SCHEMA_SIZE] = "B",
	};

	if (f->type == SCHEMA_MS)
		return v % 1000 ? mem_format("%lums", v)
				: mem_format("%lus", v / 1000);
	return mem_format("%lu%s", v, units[f->type] ? units[f->type] : "");
}

/* Bounds of a list's row are about its length, not its elements. */
static bool check_bounds(const struct schema_field *f, const char *s,
			 const struct value *v, struct err *e)
{
	uint64_t n = (uint64_t)v->number;
	mem_auto_free char *min = NULL, *max = NULL;

	if (f->form & (SCHEMA_LIST | SCHEMA_MAP) || !(f->min || f->max) ||
	    (n >= f->min && (!f->max || n <= f->max)))
		return true;
	min = bound_text(f, f->min);
	max = bound_text(f, f->max);
	return fail(e, "out-of-range",
		    mem_format("'%s' is out of range for '%s': %s to %s", s,
			       f->key, min, max));
}

static bool parse_address(const char *s, struct value *ret, struct err *e)
{
	char out[PREFIX_TEXT_MAX];
	struct prefix p;

	if (!prefix_parse_addr(s, &p, e))
		return under(e, "bad-address");
	ret->text = mem_strdup(prefix_addr_text(&p, out));
	return true;
}

static bool parse_prefix(const char *s, struct value *ret, struct err *e)
{
	char out[PREFIX_TEXT_MAX];
	struct prefix p;

	if (!prefix_parse(s, &p, e))
		return under(e, "bad-prefix");
	ret->text = mem_strdup(prefix_text(&p, out));
	return true;
}

static bool parse_rule(const char *s, struct value *ret, struct err *e)
{
	char out[PREFIX_TEXT_MAX];
	struct prefix_rule r;

	if (!prefix_rule_parse(s, &r, e))
		return under(e, "bad-prefix");
	ret->text = mem_strdup(prefix_rule_text(&r, out));
	return true;
}

static bool parse_community(const char *s, struct value *ret, struct err *e)
{
	mem_auto_free char *head = NULL;
	const char *colon = strchr(s, ':');
	uint64_t a, b;

	if (colon)
		head = mem_strndup(s, (size_t)(colon - s));
	if (!head || !units_number(head, 65535, &a) ||
	    !units_number(colon + 1, 65535, &b))
		return fail(e, "bad-community",
			    mem_format("'%s' is not a community; write "
				       "'65010:100', both at most 65535",
				       s));
	ret->text = mem_strdup(s);
	return true;
}

static bool parse_host_key(const char *s, struct value *ret, struct err *e)
{
	size_t n = strncmp(s, "SHA256:", 7) == 0 ? strlen(s + 7) : 0;
	bool ok = n == 43 || (n == 44 && s[50] == '=');

	for (size_t i = 7; ok && i < 50; i++)
		ok = isalnum((unsigned char)s[i]) || s[i] == '+' || s[i] == '/';
	if (!ok)
		return fail(e, "bad-value",
			    mem_format("'%s' is not a fingerprint; write what "
				       "'ssh-keygen -lf' prints: 'SHA256:...'",
				       s));
	ret->text = mem_strndup(s, 50);
	return true;
}

static bool parse_text(const char *s, struct value *ret, struct err *e)
{
	for (const char *c = s; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return fail(e, "bad-value",
				    mem_strdup("the text has control "
					       "characters"));
	if (!*s)
		return fail(e, "bad-value", mem_strdup("the text is empty"));
	ret->text = mem_strdup(s);
	return true;
}

static bool parse_time(const char *s, struct value *ret, struct err *e)
{
	return units_time_us(s, &ret->number, e) || under(e, "bad-value");
}

static bool parse(const struct schema_field *f, const char *s, bool plain,
		  struct value *ret, struct err *e)
{
	switch (f->type) {
	case SCHEMA_NAME:
	case SCHEMA_REF:
		return parse_name(s, ret, e);
	case SCHEMA_IFNAME:
		return parse_ifname(s, ret, e);
	case SCHEMA_WORD:
	case SCHEMA_DRIVER:
	case SCHEMA_CHOICE:
	case SCHEMA_OBJECT:
		return parse_word(f, s, ret, e);
	case SCHEMA_BOOL:
		return parse_bool(s, plain, ret, e);
	case SCHEMA_NUMBER:
		return parse_number(s, plain, ret, e);
	case SCHEMA_MS:
	case SCHEMA_SECONDS:
	case SCHEMA_RATE:
	case SCHEMA_SIZE:
		return parse_unit(f, s, ret, e);
	case SCHEMA_TIME:
		return parse_time(s, ret, e);
	case SCHEMA_ADDRESS:
		return parse_address(s, ret, e);
	case SCHEMA_PREFIX:
		return parse_prefix(s, ret, e);
	case SCHEMA_RULE:
		return parse_rule(s, ret, e);
	case SCHEMA_COMMUNITY:
		return parse_community(s, ret, e);
	case SCHEMA_HOST_KEY:
		return parse_host_key(s, ret, e);
	default:
		return parse_text(s, ret, e);
	}
}

bool value_is_text(const struct schema_field *f)
{
	switch (f->type) {
	case SCHEMA_CHOICE:
	case SCHEMA_BOOL:
	case SCHEMA_NUMBER:
	case SCHEMA_MS:
	case SCHEMA_SECONDS:
	case SCHEMA_RATE:
	case SCHEMA_SIZE:
	case SCHEMA_TIME:
		return false;
	default:
		return true;
	}
}

bool value_parse(const struct schema_field *f, const char *text, bool plain,
		 struct value *ret, struct err *e)
{
	struct value v = {0};

	if (!parse(f, text, plain, &v, e))
		return false;
	if (!value_is_text(f) && f->type != SCHEMA_TIME &&
	    !check_bounds(f, text, &v, e))
		return false;
	*ret = v;
	return true;
}
