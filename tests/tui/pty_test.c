/*
 * How quick the real program is on a real terminal: what a key takes until the
 * first byte comes back while a run is under way, and how often a screen that
 * changes all the time is drawn.
 *
 * The run is a practice of tests/tui/site.yaml; the terminal is a pty.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PLAN "tests/tui/site.yaml"
#define KEYS 41
#define KEY_US 50000 /* what a key may take, at the median */
#define WATCH_US 5000000
#define GAP_US 20000 /* what is written without such a pause is one drawing */
#define DRAWN_MAX 52 /* in WATCH_US: ten a second, and what was under way */

static int n, bad, terminal;
static pid_t wizard;
static char state[] = "/tmp/cutover-pty.XXXXXX";
static char seen[1 << 20]; /* everything that was drawn since the last look */
static size_t seen_n;

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void ok(int good, const char *what, long long got)
{
	n++;
	bad |= !good;
	printf("%sok %d - %s (%lld)\n", good ? "" : "not ", n, what, got);
}

/* Bytes that come within ms; 0: none. */
static size_t take(int ms)
{
	struct pollfd v = {.fd = terminal, .events = POLLIN};
	ssize_t got;

	if (poll(&v, 1, ms) <= 0)
		return 0;
	if (seen_n > sizeof(seen) / 2)
		seen_n = 0;
	got = read(terminal, seen + seen_n, sizeof(seen) - seen_n - 1);
	if (got <= 0)
		return 0;
	seen_n += (size_t)got;
	seen[seen_n] = 0;
	return (size_t)got;
}

static int shows(const char *text)
{
	return memmem(seen, seen_n, text, strlen(text)) != NULL;
}

static int until(const char *text, int seconds)
{
	int64_t end = now_us() + seconds * 1000000LL;

	while (!shows(text))
		if (now_us() > end)
			return 0;
		else
			take(100);
	return 1;
}

static void press(char key)
{
	seen_n = 0;
	if (write(terminal, &key, 1) != 1)
		perror("write");
}

static void begin(void)
{
	const char *cutover = getenv("CUTOVER");
	struct winsize size = {.ws_row = 24, .ws_col = 80};

	wizard = forkpty(&terminal, NULL, NULL, &size);
	if (wizard == 0) {
		setenv("TERM", "xterm", 1);
		execl(cutover ? cutover : "build/cutover", "cutover", "wizard",
		      PLAN, "--state", state, NULL);
		_exit(127);
	}
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* '?' and Esc in turn, each when the terminal is quiet. */
static int64_t median_key(void)
{
	int64_t v[KEYS];

	for (int i = 0; i < KEYS; i++) {
		int64_t from;

		while (take(150) && shows("\033"))
			seen_n = 0;
		from = now_us();
		press(i % 2 ? 'm' : '?');
		while (!take(1000))
			if (now_us() > from + 5000000)
				break;
		v[i] = now_us() - from;
	}
	qsort(v, KEYS, sizeof(*v), compare);
	return v[KEYS / 2];
}

static int drawings(void)
{
	int64_t end = now_us() + WATCH_US, last = 0;
	int drawn = 0;

	while (now_us() < end) {
		if (!take(100))
			continue;
		seen_n = 0;
		drawn += now_us() - last > GAP_US;
		last = now_us();
	}
	return drawn;
}

static void finish(void)
{
	char cmd[128];

	kill(wizard, SIGTERM);
	waitpid(wizard, NULL, 0);
	/* [/]: the shell's own command line is none of them */
	snprintf(cmd, sizeof(cmd), "pkill -f -- '--state [/]%s'; rm -rf %s",
		 state + 1, state);
	if (system(cmd) != 0)
		puts("# the run's folder is left");
}

int main(void)
{
	int64_t us;
	int drawn;

	if (!mkdtemp(state))
		return 1;
	begin();
	ok(until("is a valid plan", 30), "the wizard is there", 0);
	press('P');
	ok(until("Start a practice?", 5), "a practice is asked for", 0);
	press('y');
	ok(until("the preflight is through", 120), "it holds", 0);
	press('G');
	until("Go on?", 5);
	press('y');
	ok(until("RUNNING", 20), "it runs", 0);
	drawn = drawings();
	ok(drawn > 2 && drawn <= DRAWN_MAX, "drawn at most ten times a second",
	   drawn);
	us = median_key();
	ok(us < KEY_US, "a key is answered in under 50 ms", us);
	finish();
	printf("1..%d\n", n);
	return bad;
}
