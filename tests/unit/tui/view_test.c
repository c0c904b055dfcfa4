/* What screens say: the window, where a run stands, who has control, orders,
 * guards, approvals; pure, from rows and events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/tui/rig.h"

#define S 1000000LL
#define START (1000 * S)
#define END (START + 3600 * S)

static void test_spans(void **state)
{
	static const struct {
		int64_t us;
		const char *want;
	} v[] = {{0, "0:00"},
		 {-5 * S, "0:00"},
		 {59 * S, "0:59"},
		 {60 * S, "1:00"},
		 {3599 * S, "59:59"},
		 {3600 * S, "1:00:00"},
		 {90061 * S, "25:01:01"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		mem_auto_free char *got = view_span(v[i].us);

		assert_string_equal(got, v[i].want);
	}
}

static void window_says(struct rig *r, int64_t now, int64_t rollback_ms,
			const char *want, enum style style)
{
	enum style s;
	mem_auto_free char *got = view_window(&r->m, rollback_ms, now, &s);

	if (!strstr(got, want))
		fail_msg("'%s' is not in '%s'", want, got);
	assert_int_equal(s, style);
}

static void test_window(void **state)
{
	struct rig *r = *state;

	r->c.plan->window_start_us = START;
	r->c.plan->window_end_us = END;
	window_says(r, START - 90 * S, 60000, "begins in 1:30", STYLE_WARN);
	window_says(r, START, -1, "0:00 of 1:00:00 used", STYLE_PLAIN);
	window_says(r, START + 600 * S, 600000,
		    "10:00 of 1:00:00 used; start a way back by 01:06:40, in "
		    "40:00",
		    STYLE_PLAIN);
	/* ten minutes before the last moment it warns */
	window_says(r, END - 1100 * S, 600000, "in 8:20", STYLE_WARN);
	window_says(r, END - 60 * S, 600000, "TOO LATE", STYLE_BAD);
	window_says(r, END + 1, 600000, "is over", STYLE_BAD);
	r->c.plan->window_start_us = r->c.plan->window_end_us = 0;
	window_says(r, 5, 90000, "no window; the way back takes up to 1:30",
		    STYLE_PLAIN);
	window_says(r, 5, -1, "no window", STYLE_PLAIN);
}

static void where_says(struct rig *r, enum view_link link, int64_t now,
		       const char *word, const char *text)
{
	struct view_where w;

	view_where(&r->m, link, now, &w);
	assert_string_equal(w.word, word);
	if (!strstr(w.text, text))
		fail_msg("'%s' is not in '%s'", text, w.text);
	view_where_done(&w);
}

static void test_where(void **state)
{
	struct rig *r = *state;

	where_says(r, VIEW_GONE, 0, "NO PROCESS", "reverts by itself");
	rig_attach(r);
	where_says(r, VIEW_LIVE, 0, "RUNNING", "a step");
	r->m.told_us = 0;
	where_says(r, VIEW_SILENT, 7 * S, "NO ANSWER", "for 0:07");
	rig_event(r, "{'event':'status','status':{'phase':'step','title':'w',"
		     "'soak_left_ms':61000}}");
	where_says(r, VIEW_LIVE, 1 * S, "SOAKING", "1:00 left");
	rig_event(r, "{'event':'status','status':{'phase':'hold','held':true,"
		     "'hold_why':'look at it'}}");
	where_says(r, VIEW_LIVE, 0, "HOLDING", "look at it");
	assert_true(view_holds(&r->m));
	rig_event(r, "{'event':'status','status':{'phase':'emergency',"
		     "'why':'silence'}}");
	where_says(r, VIEW_LIVE, 0, "EMERGENCY", "silence");
	/* what was live is not any more */
	model_detached(&r->m);
	assert_false(view_holds(&r->m));
	rig_row(r, 1, "end", "", "{'result':'stopped','exit':5}");
	where_says(r, VIEW_GONE, 0, "STOPPED", "resumed");
	rig_row(r, 2, "begin", "", "{}");
	rig_row(r, 3, "end", "", "{'result':'finished','exit':0}");
	assert_true(view_is_over(&r->m));
	where_says(r, VIEW_ENDED, 0, "FINISHED", "on its circuit");
}

static void test_control(void **state)
{
	struct rig *r = *state;
	bool ours;
	char *who;

	who = view_control(&r->m, &ours);
	assert_string_equal(who, "nobody has control");
	assert_false(ours);
	free(who);
	rig_attach(r);
	who = view_control(&r->m, &ours);
	assert_string_equal(who, "you have control, 1 watch");
	assert_true(ours);
	free(who);
	rig_event(r, "{'event':'screens','screens':[{'id':1,'name':'ann',"
		     "'control':false},{'id':2,'name':'ben','control':true}]}");
	who = view_control(&r->m, &ours);
	assert_string_equal(who, "ben has control");
	assert_false(ours);
	free(who);
}

static void order_says(struct rig *r, int64_t now, const char *want)
{
	enum style s;
	mem_auto_free char *got = view_order(&r->m, now, &s);

	if (!want)
		assert_null(got);
	else
		assert_string_equal(got ? got : "", want);
}

static void test_orders(void **state)
{
	struct rig *r = *state;

	order_says(r, 0, NULL);
	rig_event(r, "{'event':'orders','orders':[{'command':'go','by':'ann',"
		     "'state':'pending','to':'','text':''}]}");
	order_says(r, 999 * S, "go by ann: pending");
	rig_event(r, "{'event':'orders','orders':[{'command':'rollback',"
		     "'by':'ben','state':'done','to':'start','text':'as asked',"
		     "'settled_us':5000000}]}");
	order_says(r, 6 * S, "rollback to start by ben: done, as asked");
	order_says(r, 60 * S, NULL); /* no news any more */
}

static void test_guards(void **state)
{
	struct rig *r = *state;
	struct view_lines l = {0};

	rig_event(
		r,
		"{'event':'measure','time_us':1,'guards':[{'name':'fine',"
		"'verdict':'pass','values':[{'what':'lost','value':0,"
		"'limit':5}]},{'name':'bad','verdict':'breach','why':'3 "
		"lost'},{'name':'dark','verdict':'blind','why':'no probe'}]}");
	view_guards(&r->m, &l);
	assert_int_equal(l.n, 3);
	assert_string_equal(l.v[0].text, "ok fine: lost 0 of 5");
	assert_string_equal(l.v[1].text, "breach bad: 3 lost");
	assert_int_equal(l.v[1].style, STYLE_BAD);
	assert_int_equal(l.v[1].glyph, GLYPH_FAILED);
	assert_string_equal(l.v[2].text, "blind dark: no probe");
	assert_int_equal(l.v[2].style, STYLE_WARN);
	view_lines_done(&l);
}

static void test_approvals(void **state)
{
	struct rig *r = *state;
	struct view_lines l = {0};

	view_approvals(r->m.approvals, &l);
	assert_int_equal(l.n, 1);
	view_lines_done(&l);
	rig_row(r, 1, "approvals", "",
		"{'needed':2,'digest':'abcdef','given':[{'name':'Ann','login':"
		"'ann','time_us':1795615500000000,'note':'CAB'}]}");
	view_approvals(r->m.approvals, &l);
	assert_string_equal(l.v[0].text, "begun with 1 of 2 approvals");
	assert_string_equal(l.v[2].text,
			    "Ann (ann), 2026-11-25 14:05 UTC: CAB");
	view_lines_done(&l);
	assert_int_equal(r->m.log.n, 1);
	assert_string_equal(r->m.log.v[0].text, "approved by Ann (abcdef)");
}

/* Twice the same row, whether from the journal or as an event, is once. */
static void test_rows_once(void **state)
{
	struct rig *r = *state;

	rig_row(r, 4, "hold", "", "{'why':'x'}");
	rig_row(r, 4, "hold", "", "{'why':'x'}");
	rig_event(r, "{'event':'row','seq':4,'time_us':1,'kind':'hold','step':"
		     "'','body':{'why':'x'}}");
	rig_row(r, 3, "hold", "", "{'why':'older'}");
	assert_int_equal(r->m.log.n, 1);
	rig_row(r, 5, "hold", "", "{'why':'y'}");
	assert_int_equal(r->m.log.n, 2);
}

static void probe(struct rig *r, int64_t us, int sent, int lost)
{
	mem_auto_free char *text = mem_format(
		"{'event':'measure','time_us':%lld,'probes':{'canary-vm':{"
		"'sent':%d,'lost_forward':%d,'rtt_us':{'p50':1500}}}}",
		(long long)us, sent, lost);

	rig_event(r, text);
}

static void test_curves(void **state)
{
	struct rig *r = *state;
	const struct model_probe *p = &r->m.probes[0];
	struct view_group *g;
	size_t n;

	probe(r, 1 * S, 100, 0);
	assert_int_equal(p->rate.n, 0); /* one point is no rate */
	probe(r, 2 * S, 300, 3);
	assert_true(series_last(&p->rate) == 200);
	assert_true(series_last(&p->lost) == 3);
	assert_true(series_last(&p->rtt_ms) == 1.5);
	probe(r, 3 * S, 300, 3); /* nothing new */
	assert_int_equal(p->rate.n, 1);
	probe(r, 4 * S, 10, 0); /* started anew: no point backwards */
	assert_int_equal(p->rate.n, 1);
	n = view_groups(&r->m, &g);
	assert_int_equal(n, 2);
	assert_true(g[0].measured && !g[1].measured);
	assert_string_equal(g[0].to_cloud, "?"); /* nobody has looked */
	view_groups_done(g, n);
	for (int i = 0; i < 300; i++)
		probe(r, (5 + i) * S, 20 + i, 0);
	assert_int_equal(p->rate.n, SERIES_KEPT);
}

static void test_blind(void **state)
{
	struct rig *r = *state;
	struct view_path *v;
	size_t n;

	rig_event(r, "{'event':'look','target':'edge1','ok':false,'why':'no "
		     "route to host'}");
	n = view_paths(&r->m, &v);
	assert_true(n >= 4);
	for (size_t i = 0; i < n; i++) {
		assert_false(v[i].up || v[i].carries);
		assert_string_equal(
			v[i].word, strcmp(v[i].edge, "edge1") ? "?" : "unseen");
	}
	view_paths_done(v, n);
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_spans),	   T(test_window),    T(test_where),
		T(test_control),   T(test_orders),    T(test_guards),
		T(test_approvals), T(test_rows_once), T(test_curves),
		T(test_blind),
	};

	return cmocka_run_group_tests(tests, rig_adapters, NULL);
}
