/*
 * snapshot_test.c - whole recorded answers as snapshots and states
 *
 * data/ holds what the read script printed on BIRD 2.0.12: before anything of
 * cutover's (start), with an established circuit session (established), under
 * BIRD's timer (unconfirmed), and with the VPN's session shut by 'birdc
 * disable' (disabled).  Run from the root of the source tree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "adapters/bird/byhand.h"
#include "adapters/bird/observe.h"

#define NONCE "00112233445566778899aabbccddeeff"
#define DIR "/tmp/bird-recorded/"

static struct bird_paths paths;

static struct device_result load(const char *name)
{
	mem_auto_free char *path =
		mem_format("tests/unit/adapters/bird/data/%s.txt", name);
	struct device_result r = {0};
	char chunk[4096];
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		fail_msg("'%s' is not there: run from the root", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&r.out, chunk, n);
	fclose(f);
	return r;
}

static struct bird_snapshot snapshot(const char *name)
{
	struct device_result raw = load(name);
	struct bird_snapshot s;
	err_auto e = ERR_INIT;

	if (!bird_snapshot_parse(&raw, NONCE, &paths, &s, &e))
		fail_msg("%s: %s", name, err_msg(&e));
	return s;
}

/* In the order in which the recorded script asked. */
static void wants(struct resource_set *w)
{
	resource_set_add(w, RESOURCE_SESSION, "er-hq/primary/private")
		->session.neighbor = mem_strdup("172.16.0.2");
	resource_set_add(w, RESOURCE_SESSION, "vpn1")->session.neighbor =
		mem_strdup("10.99.0.2");
	resource_set_add(w, RESOURCE_ROUTE, "10.100.0.0/16");
	resource_set_add(w, RESOURCE_ROUTE, "10.77.0.0/16");
	resource_set_add(w, RESOURCE_CONFIG, "config");
}

static void before_anything(void **state)
{
	bird_snapshot_auto s = snapshot("start");
	resource_set_auto w = {0};
	resource_set_auto got = {0};
	err_auto e = ERR_INIT;

	(void)state;
	wants(&w);
	assert_true(bird_observe_set(&s, &paths, &w, &got, &e));
	assert_int_equal(5, got.n);
	assert_null(s.running_id);
	assert_false(got.v[0].present);
	assert_true(got.v[1].present);
	assert_int_equal(3, got.v[1].session.sent.n);
	assert_string_equal("10.99.0.2", got.v[2].route.session);
	assert_true(got.v[4].config.saved);
	assert_string_equal(got.v[4].config.text, got.v[4].config.foreign);
}

static void established(void **state)
{
	bird_snapshot_auto s = snapshot("established");
	resource_set_auto w = {0};
	resource_set_auto got = {0};
	const struct state_session *x;
	err_auto e = ERR_INIT;

	(void)state;
	wants(&w);
	assert_true(bird_observe_set(&s, &paths, &w, &got, &e));
	x = &got.v[0].session;
	assert_true(x->ours && x->enabled);
	assert_string_equal("Established", x->state);
	assert_string_equal("up", x->bfd_state);
	assert_string_equal("CUTOVER-er-hq-primary-private-in-g1", x->import);
	assert_string_equal("12076 12076", x->as_path);
	assert_int_equal(2, x->prefixes_received);
	assert_int_equal(1, x->prefixes_accepted);
	assert_int_equal(2, x->prefixes_sent);
	assert_int_equal(2, x->sent.n);
	assert_string_equal("10.10.200.0/24", x->sent.v[1]);
	assert_string_equal("10.100.0.0/16", x->received.v[0]);
	assert_int_equal(3, x->uptime_s);
	assert_true(got.v[2].route.in_fib);
	assert_string_equal("172.16.0.2", got.v[2].route.session);
	assert_string_equal("bgp", got.v[2].route.protocol);
	assert_int_equal(20, got.v[2].route.distance);
	assert_false(got.v[3].present);
	assert_true(got.v[4].config.saved);
	assert_null(strstr(got.v[4].config.text, "vpnsecret"));
	assert_null(strstr(got.v[4].config.text, "c1rcuit-md5"));
	assert_null(strstr(got.v[4].config.foreign, "CUTOVER"));
	assert_non_null(
		strstr(got.v[4].config.foreign, "protocol static extra"));
}

static void foreign_text_is_what_it_was(void **state)
{
	bird_snapshot_auto a = snapshot("start");
	bird_snapshot_auto b = snapshot("established");
	mem_auto_free char *x = bird_snapshot_text(&a, &paths, false);
	mem_auto_free char *y = bird_snapshot_text(&b, &paths, false);

	(void)state;
	assert_string_equal(x, y);
}

static void unconfirmed(void **state)
{
	bird_snapshot_auto s = snapshot("unconfirmed");
	resource_set_auto w = {0};
	resource_set_auto got = {0};
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(s.unconfirmed && s.candidate);
	wants(&w);
	assert_true(bird_observe_set(&s, &paths, &w, &got, &e));
	assert_string_equal("CUTOVER-er-hq-primary-private-out-g0",
			    got.v[0].session.export);
	assert_int_equal(0, got.v[0].session.sent.n);
	assert_false(got.v[4].config.saved);
}

static void shut_by_hand(void **state)
{
	bird_snapshot_auto s = snapshot("disabled");
	bird_snapshot_auto up = snapshot("established");
	struct bird_edits none = {0};
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(bird_byhand_check(&up, &none, &e));
	assert_false(bird_byhand_check(&s, &none, &e));
	assert_int_equal(ERR_REFUSED, e.code);
	assert_non_null(strstr(err_msg(&e), "'vpn1' was shut by hand"));
	assert_false(bird_byhand_compare(&up, &s, NULL, &e));
	assert_true(bird_byhand_compare(&up, &up, NULL, &e));
}

static void a_flap_is_seen(void **state)
{
	bird_snapshot_auto a = snapshot("established");
	bird_snapshot_auto b = snapshot("established");
	struct bird_protocol *p = (struct bird_protocol *)bird_protocols_find(
		&b.protocols, "vpn1");
	err_auto e = ERR_INIT;

	(void)state;
	free(p->since);
	p->since = mem_strdup("07:08:34.500");
	assert_false(bird_byhand_compare(&a, &b, NULL, &e));
	assert_int_equal(ERR_UNKNOWN, e.code);
	assert_non_null(strstr(err_msg(&e), "session 'vpn1' flapped"));
}

static void edits_of_others_are_seen(void **state)
{
	bird_snapshot_auto s = snapshot("established");
	struct bird_edits none = {0};
	err_auto e = ERR_INIT;

	(void)state;
	assert_null(bird_snapshot_stale(&s));
	s.files[0].mtime = s.loaded + 1;
	assert_false(bird_byhand_check(&s, &none, &e));
	assert_non_null(strstr(err_msg(&e), "e.conf' was changed after"));
	s.files[0].mtime = 0;
	s.loaded = -1;
	assert_false(bird_byhand_check(&s, &none, &e));
}

static void reads_disabled_in_configuration(void **state)
{
	static const char text[] =
		"template bgp off {\n disabled;\n}\n"
		"protocol bgp a { neighbor 1.1.1.1 as 1; # disabled\n }\n"
		"protocol bgp b {\n ipv4 { import all; };\n disabled yes;\n}\n"
		"protocol bgp c from off { neighbor 1.1.1.3 as 1; }\n"
		"protocol bgp d from off\n{\n}\n";
	bool found;

	(void)state;
	assert_false(bird_byhand_disabled(text, strlen(text), "a", &found));
	assert_true(found);
	assert_true(bird_byhand_disabled(text, strlen(text), "b", &found));
	assert_true(bird_byhand_disabled(text, strlen(text), "c", &found));
	assert_true(bird_byhand_disabled(text, strlen(text), "d", &found));
	assert_false(bird_byhand_disabled(text, strlen(text), "x", &found));
	assert_false(found);
}

/* Any cut of any answer is an error or a snapshot, never a crash. */
static void survives_any_cut(void **state)
{
	struct device_result whole = load("unconfirmed");
	size_t good = 0;

	(void)state;
	for (size_t n = 0; n <= whole.out.len; n += 7) {
		struct device_result raw = {0};
		struct bird_snapshot s;

		buf_add(&raw.out, whole.out.data, n);
		if (!bird_snapshot_parse(&raw, NONCE, &paths, &s, NULL))
			continue;
		bird_snapshot_done(&s);
		good++;
	}
	assert_true(good <= 1);
	device_result_done(&whole);
}

static bool parse_changed(const char *from, const char *to, struct err *e)
{
	struct device_result raw = load("established");
	char *hit = memmem(raw.out.data, raw.out.len, from, strlen(from));
	struct bird_snapshot s;

	assert_non_null(hit);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(hit, to, strlen(to));
	if (!bird_snapshot_parse(&raw, NONCE, &paths, &s, e))
		return false;
	bird_snapshot_done(&s);
	return true;
}

static void refuses_what_it_cannot_tell(void **state)
{
	err_auto e = ERR_INIT;

	(void)state;
	assert_false(parse_changed("hold time 30", "hold time 31", &e));
	assert_non_null(strstr(err_msg(&e), "edited by hand"));
	assert_false(parse_changed("running\ndd9b", "running\n0000", &e));
	assert_non_null(strstr(err_msg(&e), "does not run what"));
	assert_false(parse_changed("1000-BIRD 2", "9001-nothin", &e));
	assert_non_null(strstr(err_msg(&e), "does not answer"));
	assert_false(parse_changed(NONCE " end", NONCE " enx", &e));
	assert_non_null(strstr(err_msg(&e), "incomplete"));
	/* a password changed by hand shows as another digest, not as an edit */
	assert_true(parse_changed("c1rcuit-md5", "c2rcuit-md5", &e));
}

static int paths_up(void **state)
{
	struct target t = {.name = (char *)"edge2"};
	err_auto e = ERR_INIT;
	bool ok;

	(void)state;
	target_param_set(&t, "config", DIR "e.conf");
	target_param_set(&t, "include", DIR "cutover.conf");
	ok = bird_paths_init(&paths, &t, &e);
	t.name = NULL;
	target_done(&t);
	return !ok;
}

static int paths_down(void **state)
{
	(void)state;
	bird_paths_done(&paths);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_anything),
		cmocka_unit_test(established),
		cmocka_unit_test(foreign_text_is_what_it_was),
		cmocka_unit_test(unconfirmed),
		cmocka_unit_test(shut_by_hand),
		cmocka_unit_test(a_flap_is_seen),
		cmocka_unit_test(edits_of_others_are_seen),
		cmocka_unit_test(reads_disabled_in_configuration),
		cmocka_unit_test(survives_any_cut),
		cmocka_unit_test(refuses_what_it_cannot_tell),
	};

	return cmocka_run_group_tests(tests, paths_up, paths_down);
}
