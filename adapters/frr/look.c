/*
 * look.c - the whole configuration, before a change and after it
 *
 * Starting vtysh is most of what a change costs, so what an observe has read
 * just before is taken for the look before a change.  That is safe because the
 * change itself compares the hash of the configuration on the device: a view
 * that is out of date is found there, and then the device is looked at anew.
 *
 * Ownership: the adapter's state owns what it remembers; it may hold passwords
 * and is wiped when it is used, replaced or forgotten.  Threads: the adapter's.
 */
#include <string.h>

#include "adapters/frr/edge.h"
#include "adapters/frr/live.h"
#include "adapters/frr/pin.h"
#include "orchestrator/base/clock.h"
#include "orchestrator/base/digest.h"

#define REMEMBER_US (3 * 1000 * 1000)

bool frr_view_read(struct adapter_ctx *c, struct frr_view *ret, struct err *e)
{
	mem_auto_free char *script =
		mem_format("vtysh -E -c '" FRR_SHOW_CONFIG
			   "' -c '" FRR_SHOW_SUMMARY "' || exit 3\n"
			   "echo; echo '@@ table'\n"
			   "ip -j route show table %u 2>/dev/null\n:\n",
			   frr_pin_table(c->target));
	struct device_result res = {0};
	frr_answers_auto a = {0};
	struct frr_view v = {0};
	const char *config;
	bool ok = frr_read(c, script, &res, e);

	if (ok) {
		frr_answers_cut(buf_str(&res.out), &a);
		config = frr_answers_text(&a, FRR_SHOW_CONFIG);
		config = config ? config : "";
		digest_sha256_hex(config, strlen(config), v.hash);
		v.summary = json_incref(frr_answers_json(&a, FRR_SHOW_SUMMARY));
		v.table = json_incref(frr_answers_json(&a, "table"));
		ok = frr_config_parse(config, &v.config, e);
	}
	device_result_done(&res);
	if (ok)
		*ret = v;
	else
		frr_view_done(&v);
	return ok;
}

void frr_view_forget(struct adapter_ctx *c)
{
	struct frr *f = frr_of(c);

	frr_view_done(&f->seen);
	f->seen_us = 0;
}

void frr_view_remember(struct adapter_ctx *c, const char *text,
		       struct frr_config *config, json_t *summary,
		       json_t *table)
{
	struct frr *f = frr_of(c);

	frr_view_forget(c);
	if (!text || !summary)
		return;
	digest_sha256_hex(text, strlen(text), f->seen.hash);
	f->seen.config = *config;
	*config = (struct frr_config){0};
	f->seen.summary = json_incref(summary);
	f->seen.table = json_incref(table);
	f->seen_us = clock_mono_us();
}

void frr_view_keep(struct adapter_ctx *c, struct frr_view *v)
{
	struct frr *f = frr_of(c);

	frr_view_forget(c);
	f->seen = *v;
	f->seen_us = clock_mono_us();
	*v = (struct frr_view){0};
}

bool frr_view_recall(struct adapter_ctx *c, struct frr_view *ret)
{
	struct frr *f = frr_of(c);

	if (!f->seen_us || clock_mono_us() - f->seen_us > REMEMBER_US) {
		frr_view_forget(c);
		return false;
	}
	*ret = f->seen;
	f->seen = (struct frr_view){0};
	f->seen_us = 0;
	return true;
}
