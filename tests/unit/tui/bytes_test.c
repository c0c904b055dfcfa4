/*
 * Bytes that are no messages, to and from a run's socket: what is cut, broken
 * or endless is passed over, and the next line that makes sense is heard.
 *
 * FUZZ=N: N times as much.
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
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "orchestrator/engine/control.h"
#include "tui/feed.h"

struct world {
	char dir[64];
	unsigned seed;
};

struct asked {
	struct control *control;
	unsigned all;
};

static unsigned rnd(struct world *w, unsigned n)
{
	return (unsigned)rand_r(&w->seed) % n;
}

static unsigned times(unsigned n)
{
	const char *more = getenv("FUZZ");

	return more ? n * (unsigned)atoi(more) : n;
}

static int setup(void **state)
{
	struct world *w = mem_calloc(1, sizeof(*w));

	strcpy(w->dir, "/tmp/cutover-bytes.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	mem_auto_free char *rm = mem_format("rm -rf '%s'", w->dir);

	assert_int_equal(system(rm), 0);
	free(w);
	return 0;
}

static json_t *on_request(void *arg, const struct control_client *who,
			  const json_t *j)
{
	struct asked *q = arg;

	(void)who;
	(void)j;
	q->all++;
	return json_pack("{s:b}", "ok", 1);
}

static void count(void *arg, const json_t *j)
{
	int *n = arg;

	*n += json_peek(j, "sense") != NULL;
}

static int listen_at(const char *dir, const char *run)
{
	mem_auto_free char *folder = mem_format("%s/run", dir);
	struct sockaddr_un u = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(mkdir(folder, 0700), 0);
	snprintf(u.sun_path, sizeof(u.sun_path), "%s/%s.sock", folder, run);
	assert_int_equal(bind(fd, (void *)&u, sizeof(u)), 0);
	assert_int_equal(chmod(u.sun_path, 0600), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void test_bytes_from_a_socket(void **state)
{
	struct world *p = *state;
	struct feed f;
	int heard = 0, at = listen_at(p->dir, "run-1"), fd;
	int64_t us = 10000000;

	feed_init(&f, p->dir, "run-1", "fuzz");
	assert_true(feed_turn(&f, us, count, &heard));
	fd = accept(at, NULL, NULL);
	assert_true(fd >= 0);
	for (unsigned i = 0; i < times(400); i++) {
		char junk[300];
		size_t n = rnd(p, sizeof(junk));

		for (size_t k = 0; k < n; k++)
			junk[k] = rnd(p, 3) ? (char)rnd(p, 256)
					    : "{}[]\"\n:,"[rnd(p, 8)];
		assert_int_equal(send(fd, junk, n, MSG_NOSIGNAL), n);
		feed_turn(&f, us, count, &heard);
		assert_true(feed_is_up(&f));
	}
	assert_int_equal(heard, 0);
	assert_int_equal(send(fd, "\n{\"sense\":1}\n{\"sen", 18, 0), 18);
	feed_turn(&f, us, count, &heard);
	assert_int_equal(send(fd, "se\":1}\n", 7, 0), 7);
	feed_turn(&f, us, count, &heard);
	assert_int_equal(heard, 2);
	/* it goes, and comes again */
	close(fd);
	assert_true(feed_turn(&f, us, count, &heard));
	assert_false(feed_is_up(&f));
	assert_false(feed_turn(&f, us, count, &heard)); /* not at once */
	assert_true(feed_turn(&f, us + 1000000, count, &heard));
	assert_true(feed_is_up(&f));
	feed_done(&f);
	close(at);
}

static void test_bytes_to_a_socket(void **state)
{
	struct world *p = *state;
	struct asked q = {0};
	err_auto e = ERR_INIT;
	unsigned answered;

	q.control = control_new(p->dir, "run-2", &e);
	assert_non_null(q.control);
	for (unsigned i = 0; i < times(200); i++) {
		int fd = control_connect(p->dir, "run-2", &e);
		char junk[2000];
		size_t n = rnd(p, sizeof(junk));

		assert_true(fd >= 0);
		for (size_t k = 0; k < n; k++)
			junk[k] = (char)(rnd(p, 9) ? rnd(p, 256) : '\n');
		send(fd, junk, n, MSG_NOSIGNAL);
		control_turn(q.control, on_request, &q);
		close(fd);
		control_turn(q.control, on_request, &q);
	}
	answered = q.all;
	{
		int fd = control_connect(p->dir, "run-2", &e);
		char text[64] = "";

		assert_true(fd >= 0);
		send(fd, "{\"command\":\"status\"}\n", 21, 0);
		for (int i = 0; i < 4; i++)
			control_turn(q.control, on_request, &q);
		assert_true(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
		assert_non_null(strstr(text, "true"));
		close(fd);
	}
	assert_int_equal(q.all, answered + 1);
	control_free(q.control);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_bytes_from_a_socket),
		T(test_bytes_to_a_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
