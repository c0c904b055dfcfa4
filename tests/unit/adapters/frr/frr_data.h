/*
 * frr_data.h - recorded output of FRR 8.4 for the unit tests
 */
#ifndef CUTOVER_TESTS_UNIT_ADAPTERS_FRR_FRR_DATA_H
#define CUTOVER_TESTS_UNIT_ADAPTERS_FRR_FRR_DATA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "adapters/frr/config.h"
#include "adapters/frr/live.h"

#define FRR_DATA "tests/unit/adapters/frr/data/"

static inline void frr_data_load(const char *name, struct frr_answers *ret)
{
	mem_auto_free char *path = mem_format(FRR_DATA "%s", name);
	buf_auto text = BUF_INIT;
	char piece[4096];
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&text, piece, n);
	fclose(f);
	frr_answers_cut(buf_str(&text), ret);
}

static inline void frr_data_config(const char *name, struct frr_config *ret)
{
	frr_answers_auto a = {0};
	const char *text;

	frr_data_load(name, &a);
	text = frr_answers_text(&a, "show running-config");
	assert_non_null(text);
	assert_true(frr_config_parse(text, ret, NULL));
}

#endif
