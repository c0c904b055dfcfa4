/*
 * units.c - durations, rates, sizes and points in time
 *
 * Pure and strict: what is accepted has one meaning.  Overflow is an error,
 * never a wrapped number.  It knows no calendar but RFC 3339's (no leap
 * seconds: nothing in a plan can fall on one).
 */
#include "orchestrator/plan/units.h"

#include <string.h>
#include <time.h>

struct unit {
	const char *name;
	int64_t factor;
};

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits at *s, at most max; *s moves behind them. */
static bool take_number(const char **s, uint64_t max, uint64_t *ret)
{
	const char *c = *s;
	uint64_t v = 0;

	if (!digit(*c) || (*c == '0' && digit(c[1])))
		return false;
	for (; digit(*c); c++) {
		unsigned d = (unsigned)(*c - '0');

		if (v > (max - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*s = c;
	*ret = v;
	return true;
}

bool units_number(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t v;

	if (max < 9 || !take_number(&text, max, &v) || *text)
		return false;
	*ret = v;
	return true;
}

/* The unit at *s, the longest that fits; *s moves behind it. */
static const struct unit *take_unit(const char **s, const struct unit *units)
{
	for (; units->name; units++) {
		size_t n = strlen(units->name);

		if (strncmp(*s, units->name, n) == 0) {
			*s += n;
			return units;
		}
	}
	return NULL;
}

static const struct unit durations[] = {
	{"ms", 1000},	   {"s", 1000000},     {"m", 60000000},
	{"h", 3600000000}, {"d", 86400000000}, {NULL, 0},
};

bool units_duration_us(const char *text, int64_t *ret, struct err *e)
{
	const char *s = text;
	const struct unit *u, *last = NULL;
	int64_t sum = 0;
	uint64_t v;

	do {
		if (!take_number(&s, 1000000000, &v))
			return err_set(e, ERR_INVALID,
				       "'%s' is not a duration; write '300ms', "
				       "'5s', '5m' or '1h30m'",
				       text);
		u = take_unit(&s, durations);
		if (!u && !*s)
			return err_set(e, ERR_INVALID,
				       "'%s' has no unit; write '%ss' or "
				       "'%sms'",
				       text, text, text);
		if (!u || (last && u->factor >= last->factor) ||
		    v > (uint64_t)(INT64_MAX / u->factor) ||
		    __builtin_add_overflow(sum, (int64_t)v * u->factor, &sum))
			return err_set(e, ERR_INVALID,
				       "'%s' is not a duration; the units are "
				       "ms, s, m, h and d, largest first",
				       text);
		last = u;
	} while (*s);
	*ret = sum;
	return true;
}

bool units_rate(const char *text, uint32_t *ret, struct err *e)
{
	const char *s = text;
	uint64_t v;

	if (!take_number(&s, UINT32_MAX, &v) || strcmp(s, "/s") != 0)
		return err_set(e, ERR_INVALID,
			       "'%s' is not a rate; write '1000/s'", text);
	*ret = (uint32_t)v;
	return true;
}

bool units_size(const char *text, uint32_t *ret, struct err *e)
{
	static const struct unit sizes[] = {
		{"B", 1},
		{"KiB", 1024},
		{"MiB", 1048576},
		{NULL, 0},
	};
	const char *s = text;
	const struct unit *u = NULL;
	uint64_t v;

	if (take_number(&s, UINT32_MAX, &v))
		u = take_unit(&s, sizes);
	if (!u || *s || v * (uint64_t)u->factor > UINT32_MAX)
		return err_set(e, ERR_INVALID,
			       "'%s' is not a size; write '1472B' or '64KiB'",
			       text);
	*ret = (uint32_t)(v * (uint64_t)u->factor);
	return true;
}

/* ---- RFC 3339 ---- */

/* Exactly n digits in [lo, hi], then the character `after` unless it is 0. */
static bool take_field(const char **s, int n, int lo, int hi, char after,
		       int *ret)
{
	int v = 0;

	for (int i = 0; i < n; i++, (*s)++) {
		if (!digit(**s))
			return false;
		v = v * 10 + (**s - '0');
	}
	if (v < lo || v > hi || (after && *(*s)++ != after))
		return false;
	*ret = v;
	return true;
}

static bool take_clock(const char **s, struct tm *tm)
{
	return take_field(s, 4, 1970, 9999, '-', &tm->tm_year) &&
	       take_field(s, 2, 1, 12, '-', &tm->tm_mon) &&
	       take_field(s, 2, 1, 31, 'T', &tm->tm_mday) &&
	       take_field(s, 2, 0, 23, ':', &tm->tm_hour) &&
	       take_field(s, 2, 0, 59, ':', &tm->tm_min) &&
	       take_field(s, 2, 0, 59, 0, &tm->tm_sec);
}

/* '.5' as microseconds; digits beyond the sixth are dropped. */
static bool take_fraction(const char **s, int64_t *ret)
{
	int64_t scale = 100000, us = 0;

	if (**s != '.')
		return true;
	(*s)++;
	if (!digit(**s))
		return false;
	for (; digit(**s); (*s)++, scale /= 10)
		us += scale * (**s - '0');
	*ret = us;
	return true;
}

static bool take_zone(const char **s, int64_t *ret_offset_s)
{
	int sign = **s == '-' ? -1 : 1, h, m;

	if (**s == 'Z') {
		(*s)++;
		return true;
	}
	if (**s != '+' && **s != '-')
		return false;
	(*s)++;
	if (!take_field(s, 2, 0, 23, ':', &h) ||
	    !take_field(s, 2, 0, 59, 0, &m))
		return false;
	*ret_offset_s = sign * (h * 3600 + m * 60);
	return true;
}

bool units_time_us(const char *text, int64_t *ret, struct err *e)
{
	const char *s = text;
	struct tm tm = {0};
	int64_t us = 0, offset = 0;
	time_t t;
	int day;

	if (!take_clock(&s, &tm) || !take_fraction(&s, &us) ||
	    !take_zone(&s, &offset) || *s)
		return err_set(e, ERR_INVALID,
			       "'%s' is not a time; write "
			       "'2026-12-05T22:00:00Z' (RFC 3339)",
			       text);
	day = tm.tm_mday;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	t = timegm(&tm);
	if (tm.tm_mday != day)
		return err_set(e, ERR_INVALID,
			       "'%s': the month has no such day", text);
	*ret = ((int64_t)t - offset) * 1000000 + us;
	return true;
}
