/*
 * tables.c - ARP, route and BGP tables
 *
 * The summary of a route table is what a router prints: 'statePfxRcd' is the
 * number of prefixes received when the session is up, and the name of its
 * state when it is not.
 */
#include "adapters/azure/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_number(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s) && strlen(s) < 10;
}

/* Texts and numbers alike: the service is not steady about it. */
static char *cell(const json_t *row, const char *key)
{
	const json_t *v = json_peek(row, key);

	if (json_is_integer(v))
		return mem_format("%lld", (long long)json_integer_value(v));
	if (json_is_string(v))
		return mem_strdup(json_string_value(v));
	if (json_is_array(v) && json_array_size(v)) {
		const char *s = json_string_value(json_array_get(v, 0));

		return mem_strdup(s ? s : "");
	}
	return mem_strdup("");
}

uint64_t tables_span_s(const char *text)
{
	static const struct {
		char unit;
		uint64_t s;
	} units[] = {{'w', 604800}, {'d', 86400}, {'h', 3600},
		     {'m', 60},	    {'s', 1},	  {'y', 31536000}};
	unsigned h, m, s;
	uint64_t sum = 0;
	int end = 0;

	if (sscanf(text, "%u:%u:%u%n", &h, &m, &s, &end) == 3 && !text[end])
		return (uint64_t)h * 3600 + m * 60 + s;
	while (*text) {
		char *unit;
		unsigned long n = strtoul(text, &unit, 10);
		size_t i = 0;

		if (unit == text || n > 100000)
			return 0;
		while (i < ARRAY_LEN(units) && units[i].unit != *unit)
			i++;
		if (i == ARRAY_LEN(units))
			return 0;
		sum += n * units[i].s;
		text = unit + 1;
	}
	return sum;
}

bool tables_session(const json_t *summary, const char *neighbor,
		    struct state_session *ret)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_peek(summary, "value"), i, row)
	{
		mem_auto_free char *who = cell(row, "neighbor");
		mem_auto_free char *state = cell(row, "statePfxRcd");
		mem_auto_free char *up = cell(row, "upDown");

		if (strcmp(who, neighbor) != 0)
			continue;
		ret->neighbor = mem_strdup(neighbor);
		ret->enabled = true;
		if (is_number(state)) {
			ret->state = mem_strdup("Established");
			ret->prefixes_received = ret->prefixes_accepted =
				(uint32_t)atol(state);
			ret->uptime_s = tables_span_s(up);
		} else {
			ret->state = mem_strdup(*state ? state : "Idle");
		}
		return true;
	}
	return false;
}

bool tables_arp(const json_t *arp, bool *ret_ours, bool *ret_theirs)
{
	json_t *row;
	size_t i;

	*ret_ours = *ret_theirs = false;
	json_array_foreach(json_peek(arp, "value"), i, row)
	{
		mem_auto_free char *side = cell(row, "interface");
		mem_auto_free char *mac = cell(row, "macAddress");
		bool whole = *mac && strcasecmp(mac, "Incomplete") != 0;

		if (strcmp(side, "Microsoft") == 0)
			*ret_theirs |= whole;
		else
			*ret_ours |= whole;
	}
	return *ret_ours && *ret_theirs;
}

void tables_peers(const json_t *peers, size_t *ret_all, size_t *ret_up)
{
	json_t *row;
	size_t i;

	*ret_all = *ret_up = 0;
	json_array_foreach(json_peek(peers, "value"), i, row)
	{
		mem_auto_free char *state = cell(row, "state");

		(*ret_all)++;
		*ret_up += strcmp(state, "Connected") == 0;
	}
}

void tables_print(const json_t *rows, const char *const *columns, size_t n,
		  struct buf *out)
{
	json_t *row;
	size_t i;

	for (size_t k = 0; k < n; k++)
		buf_printf(out, "%s%-20s", k ? " " : "  ", columns[k]);
	buf_putc(out, '\n');
	json_array_foreach(json_peek(rows, "value"), i, row)
	{
		for (size_t k = 0; k < n; k++) {
			mem_auto_free char *s = cell(row, columns[k]);

			buf_printf(out, "%s%-20.60s", k ? " " : "  ", s);
		}
		buf_putc(out, '\n');
	}
}
