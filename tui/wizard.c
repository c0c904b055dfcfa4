/*
 * wizard.c - cutover wizard: options, and the loop of the full-screen one
 *
 * A key is answered at once, whatever the run and its devices do, since all
 * that is slow is in other processes.  What comes from the run is drawn at most
 * ten times a second; nothing is done between two events but a look at the
 * clock, once a second.
 */
#include "tui/wizard.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/base/user.h"
#include "tui/curses.h"

#define DRAW_US 100000	  /* between two drawings, at least */
#define KEY_DRAW_US 20000 /* after a key */
#define IDLE_MS 1000
#define BUSY_MS 100

static const char usage[] =
	"usage: cutover wizard [PLAN] [--attach [RUN]] [--watch] [--practice]\n"
	"                      [--state DIR] [--name NAME]\n"
	"                      [--plain | --script FILE] [--ascii] [--mono]\n"
	"\n"
	"The cutover on a screen: checks and reviews a plan, starts its run as "
	"a\n"
	"process of its own, shows it and steers it.  The run goes on "
	"whatever\n"
	"becomes of the screen; --attach joins one that is under way (the "
	"latest),\n"
	"--watch without taking control.  --practice plays the plan's network "
	"in\n"
	"memory.  --plain is the same as lines and prompts, for screen readers "
	"and\n"
	"poor terminals.  --script FILE presses keys and saves screens (see\n"
	"tests/tui).  NO_COLOR is respected.  '?' shows every key.\n";

struct options {
	struct app_options app;
	const char *script;
	bool plain, ascii, mono;
};

enum {
	OPT_ATTACH = 256,
	OPT_WATCH,
	OPT_PRACTICE,
	OPT_STATE,
	OPT_NAME,
	OPT_PLAIN,
	OPT_SCRIPT,
	OPT_ASCII,
	OPT_MONO,
};

static const struct option options[] = {
	{"attach", no_argument, NULL, OPT_ATTACH},
	{"watch", no_argument, NULL, OPT_WATCH},
	{"practice", no_argument, NULL, OPT_PRACTICE},
	{"state", required_argument, NULL, OPT_STATE},
	{"name", required_argument, NULL, OPT_NAME},
	{"plain", no_argument, NULL, OPT_PLAIN},
	{"script", required_argument, NULL, OPT_SCRIPT},
	{"ascii", no_argument, NULL, OPT_ASCII},
	{"mono", no_argument, NULL, OPT_MONO},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* False: leave with *ret_exit. */
static bool take_option(int opt, struct options *o, int *ret_exit)
{
	switch (opt) {
	case OPT_ATTACH:
		o->app.attach = "";
		return true;
	case OPT_WATCH:
		o->app.watch = true;
		return true;
	case OPT_PRACTICE:
		o->app.practice = true;
		return true;
	case OPT_STATE:
		o->app.state = optarg;
		return true;
	case OPT_NAME:
		o->app.name = optarg;
		return true;
	case OPT_PLAIN:
		o->plain = true;
		return true;
	case OPT_SCRIPT:
		o->script = optarg;
		return true;
	case OPT_ASCII:
		o->ascii = true;
		return true;
	case OPT_MONO:
		o->mono = true;
		return true;
	}
	*ret_exit = opt == 'h' ? EXIT_DONE : EXIT_USAGE;
	fputs(usage, opt == 'h' ? stdout : stderr);
	return false;
}

static bool parse(int argc, char **argv, struct options *o, int *ret_exit)
{
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (!take_option(opt, o, ret_exit))
			return false;
	*ret_exit = EXIT_USAGE;
	if (argc - optind > 1) {
		fputs(usage, stderr);
		return false;
	}
	if (optind < argc && o->app.attach)
		o->app.attach = argv[optind];
	else if (optind < argc)
		o->app.plan = argv[optind];
	return true;
}

/* ---- an editor ---- */

/* What most editors take for a line: +LINE. */
static void spawn_editor(const char *editor, const struct app_place *p)
{
	mem_auto_free char *at = mem_format("+%u", p->line);
	mem_auto_free char *words = mem_format("exec %s \"$@\"", editor);

	execl("/bin/sh", "sh", "-c", words, "sh", at, p->file, NULL);
	_exit(127);
}

static void edit(struct app *a)
{
	const char *editor = getenv("VISUAL");
	pid_t pid;

	if (!editor || !*editor)
		editor = getenv("EDITOR");
	if (!editor || !*editor)
		editor = "vi";
	curses_end();
	pid = fork();
	if (pid == 0)
		spawn_editor(editor, &a->edit);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	curses_again();
	free(a->edit.file);
	a->edit = (struct app_place){0};
	a->screen = SCREEN_PLAN;
	app_intent(a, INTENT_RELOAD);
}

/* ---- the loop ---- */

static volatile sig_atomic_t told_to_end;

static void on_signal(int sig)
{
	(void)sig;
	told_to_end = 1;
}

static void draw(struct app *a, bool ascii)
{
	struct canvas c;
	int rows, cols;

	curses_size(&rows, &cols);
	canvas_init(&c, rows, cols, ascii);
	app_draw(a, &c);
	curses_put(&c);
	canvas_done(&c);
}

static bool take_keys(struct app *a)
{
	bool any = false;
	int k;

	while (!a->quit && (k = curses_key())) {
		app_key(a, k);
		any = true;
	}
	return any;
}

static int wait_ms(const struct app *a, bool dirty, int64_t drawn_us)
{
	int64_t left;

	if (!dirty)
		return a->launching ? BUSY_MS : IDLE_MS;
	left = drawn_us + DRAW_US - clock_mono_us();
	return left <= 0 ? 0 : (int)(left / 1000) + 1;
}

static void loop(struct app *a, bool ascii)
{
	int64_t drawn = 0;
	bool dirty = true;

	while (!a->quit && !told_to_end) {
		struct pollfd v[1 + APP_FDS] = {{.fd = 0, .events = POLLIN}};
		size_t n = 1 + app_fds(a, v + 1);
		bool typed;
		int64_t now;

		poll(v, n, wait_ms(a, dirty, drawn));
		if (v[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			break; /* the terminal is gone; the run is not */
		app_turn(a, clock_wall_us(), clock_mono_us());
		typed = take_keys(a);
		if (a->edit.file)
			edit(a);
		dirty = true;
		now = clock_mono_us();
		if (now - drawn < (typed ? KEY_DRAW_US : DRAW_US))
			continue;
		draw(a, ascii);
		drawn = now;
		dirty = false;
	}
}

static int on_screen(struct app *a, const struct options *o)
{
	const char *no_color = getenv("NO_COLOR");

	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	if (!curses_begin(o->mono || (no_color && *no_color))) {
		fprintf(stderr, "cutover: error: this is no terminal that can "
				"show a screen; '--plain' is the same as "
				"lines\n");
		return EXIT_USAGE;
	}
	loop(a, o->ascii || !curses_utf8());
	curses_end();
	if (app_has_run(a))
		printf("run %s: 'cutover wizard --attach %s%s%s' comes back\n",
		       a->run.id, a->run.id, a->practice ? " --practice" : "",
		       a->o.state ? " --state ..." : "");
	return EXIT_DONE;
}

/* Who is at this terminal. */
static char *my_name(void)
{
	mem_auto_free char *user = user_name();
	const char *tty = isatty(0) ? ttyname(0) : NULL;

	return mem_format("%s%s%s", user, tty ? " on " : "",
			  !tty				  ? ""
			  : strncmp(tty, "/dev/", 5) == 0 ? tty + 5
							  : tty);
}

int tui_wizard(int argc, char **argv)
{
	struct options o = {0};
	mem_auto_free char *name = my_name();
	struct app a;
	int rc;

	if (!parse(argc, argv, &o, &rc))
		return rc;
	if (!o.app.name)
		o.app.name = name;
	signal(SIGPIPE, SIG_IGN);
	app_init(&a, &o.app, clock_wall_us(), clock_mono_us());
	if (o.app.attach && !app_has_run(&a)) {
		fprintf(stderr, "cutover: error: %s\n",
			a.message ? a.message : "there is no such run");
		rc = EXIT_USAGE;
	} else if (o.script) {
		rc = script_run(&a, o.script, o.ascii);
	} else if (o.plain) {
		rc = plain_run(&a);
	} else {
		rc = on_screen(&a, &o);
	}
	app_done(&a);
	return rc;
}
