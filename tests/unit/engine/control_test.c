/*
 * The run's socket: requests and answers, followers and control, and clients
 * that send nonsense, half a line, or never read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "orchestrator/base/buf.h"
#include "orchestrator/engine/control.h"

struct rig {
	char dir[64];
	struct control *c;
	int asked;
};

static int set_up(void **state)
{
	struct rig *r = mem_alloc(sizeof(*r));
	err_auto e = ERR_INIT;

	strcpy(r->dir, "/tmp/cutover-control-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	r->c = control_new(r->dir, "run-1", &e);
	assert_non_null(r->c);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;
	mem_auto_free char *run = mem_format("%s/run", r->dir);

	control_free(r->c);
	assert_int_equal(rmdir(run), 0); /* the socket is gone */
	assert_int_equal(rmdir(r->dir), 0);
	free(r);
	return 0;
}

static json_t *on_request(void *arg, const struct control_client *who,
			  const json_t *request)
{
	struct rig *r = arg;
	const char *command = json_peek_str(request, "command", "");

	r->asked++;
	if (strcmp(command, "control") == 0)
		control_give(r->c, who->id);
	return json_pack("{s:b,s:s,s:i,s:b}", "ok", 1, "echo", command, "you",
			 who->id, "follows", who->follows);
}

static int dial(struct rig *r)
{
	struct timeval wait = {.tv_sec = 2};
	err_auto e = ERR_INIT;
	int fd = control_connect(r->dir, "run-1", &e);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

static void turns(struct rig *r)
{
	for (int i = 0; i < 4; i++)
		control_turn(r->c, on_request, r);
}

static json_t *hear(int fd)
{
	buf_auto line = BUF_INIT;
	char c;

	while (recv(fd, &c, 1, 0) == 1) {
		if (c == '\n')
			return json_text_parse(buf_str(&line), line.len, NULL);
		buf_putc(&line, c);
	}
	return NULL;
}

static void test_only_we_may_reach_it(void **state)
{
	struct rig *r = *state;
	mem_auto_free char *path = mem_format("%s/run/run-1.sock", r->dir);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(r->dir, &st), 0);
}

static void test_not_live(void **state)
{
	struct rig *r = *state;
	err_auto e = ERR_INIT;

	assert_int_equal(control_connect(r->dir, "run-2", &e), -1);
	assert_string_equal(e.rule, "not-live");
}

static void test_requests_are_answered_in_order(void **state)
{
	struct rig *r = *state;
	int fd = dial(r);
	json_auto *a = NULL;
	json_auto *b = NULL;

	say(fd, "{\"command\":\"one\"}\n{\"command\":\"two\"}\n{\"comm");
	turns(r);
	a = hear(fd);
	b = hear(fd);
	assert_string_equal(json_peek_str(a, "echo", ""), "one");
	assert_string_equal(json_peek_str(b, "echo", ""), "two");
	assert_int_equal(r->asked, 2);
	say(fd, "and\":\"three\"}\n");
	turns(r);
	json_decref(a);
	a = hear(fd);
	assert_string_equal(json_peek_str(a, "echo", ""), "three");
	close(fd);
}

static void test_nonsense_is_answered(void **state)
{
	static const char *const lines[] = {"\n",	  "[]\n",
					    "{\n",	  "null\n",
					    "\xff\xfe\n", "{\"command\":5}\n"};
	struct rig *r = *state;
	int fd = dial(r);

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		json_auto *a = NULL;

		say(fd, lines[i]);
		turns(r);
		a = hear(fd);
		assert_non_null(a);
	}
	close(fd);
}

static void test_follow_and_control(void **state)
{
	struct rig *r = *state;
	int ann = dial(r), bob = dial(r);
	json_auto *event = json_pack("{s:s}", "event", "x");
	json_auto *screens = NULL;
	json_auto *got = NULL;

	say(ann, "{\"command\":\"follow\",\"name\":\"an\\u0007n\"}\n");
	turns(r);
	json_decref(hear(ann));
	assert_true(control_followed(r->c));
	assert_true(control_screens_changed(r->c));
	assert_false(control_screens_changed(r->c));
	say(bob, "{\"command\":\"control\"}\n");
	turns(r); /* bob does not follow, and gets none */
	json_decref(hear(bob));
	assert_int_equal(control_holder(r->c), 0);
	say(ann, "{\"command\":\"control\"}\n");
	turns(r);
	json_decref(hear(ann));
	say(bob, "{\"command\":\"control\"}\n");
	turns(r); /* nor does he take it away */
	json_decref(hear(bob));
	screens = control_screens(r->c);
	assert_int_equal(json_array_size(screens), 1);
	assert_string_equal(
		json_peek_str(json_array_get(screens, 0), "name", ""), "ann");
	assert_true(
		json_peek_bool(json_array_get(screens, 0), "control", false));
	control_publish(r->c, event);
	got = hear(ann);
	assert_string_equal(json_peek_str(got, "event", ""), "x");
	close(ann);
	turns(r);
	assert_int_equal(control_holder(r->c), 0);
	assert_false(control_followed(r->c));
	assert_true(control_screens_changed(r->c));
	close(bob);
}

static void test_endless_line_is_dropped(void **state)
{
	struct rig *r = *state;
	int fd = dial(r);
	char chunk[4096];
	bool gone = false;

	memset(chunk, 'x', sizeof(chunk));
	for (int i = 0; i < 64 && !gone; i++) {
		gone = send(fd, chunk, sizeof(chunk),
			    MSG_NOSIGNAL | MSG_DONTWAIT) < 0;
		turns(r);
	}
	assert_true(gone);
	close(fd);
}

static void test_who_never_reads_is_dropped_and_nobody_waits(void **state)
{
	struct rig *r = *state;
	int deaf = dial(r), ann = dial(r);
	mem_auto_free char *big = mem_alloc(65537);
	json_auto *event = NULL;
	json_auto *screens = NULL;

	memset(big, 'x', 65536);
	event = json_pack("{s:s,s:s}", "event", "x", "text", big);
	say(deaf, "{\"command\":\"follow\"}\n");
	say(ann, "{\"command\":\"follow\"}\n");
	turns(r);
	json_decref(hear(ann));
	for (int i = 0; i < 256; i++) {
		control_publish(r->c, event);
		turns(r);
		json_decref(hear(ann));
	}
	screens = control_screens(r->c);
	assert_int_equal(json_array_size(screens), 1);
	close(deaf);
	close(ann);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_only_we_may_reach_it),
		TEST(test_not_live),
		TEST(test_requests_are_answered_in_order),
		TEST(test_nonsense_is_answered),
		TEST(test_follow_and_control),
		TEST(test_endless_line_is_dropped),
		TEST(test_who_never_reads_is_dropped_and_nobody_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
