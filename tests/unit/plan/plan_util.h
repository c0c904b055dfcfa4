/*
 * plan_util.h - what the tests of the plan loader share
 */
#ifndef CUTOVER_TESTS_PLAN_UTIL_H
#define CUTOVER_TESTS_PLAN_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "orchestrator/plan/plan.h"

#define PLAN_DATA "tests/unit/plan/data/"

/* A whole file; the test fails when there is none. */
static inline char *util_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	buf_auto b = BUF_INIT;
	char chunk[4096];
	size_t n;

	if (!f)
		fail_msg("cannot open '%s'", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, n);
	fclose(f);
	return buf_steal(&b);
}

/* A plan that must be without errors. */
static inline struct plan *util_plan(const char *path, const char *text)
{
	struct diag_list diags = {0};
	buf_auto b = BUF_INIT;
	struct plan *p = plan_parse(path, text, strlen(text), &diags);

	diag_list_text(&diags, &b);
	if (!p)
		fail_msg("refused:\n%s", buf_str(&b));
	diag_list_done(&diags);
	return p;
}

/* text with the first `from` in it replaced; the caller frees it. */
static inline char *util_replace(const char *text, const char *from,
				 const char *to)
{
	const char *at = strstr(text, from);

	if (!at)
		fail_msg("'%s' is not in the text", from);
	return mem_format("%.*s%s%s", (int)(at - text), text, to,
			  at + strlen(from));
}

#endif
