/*
 * script.c - a wizard that a file uses
 *
 * One command a line, '#' begins a comment:
 *
 *	size COLS ROWS		of the screen (80 24)
 *	ascii | utf8
 *	key WORD		an intent, by its word in keys.c
 *	press KEY		a character, or enter, escape, up, down, tab
 *	type TEXT		each character of it
 *	wait SECONDS TEXT	until the screen shows the text
 *	gone SECONDS TEXT	until it does not
 *	expect TEXT | reject TEXT
 *	sleep SECONDS
 *	run-name		types the run's name
 *	clock SECONDS		time stands still there (since 1970)
 *	replay FILE		a recorded run instead of a live one (replay.h)
 *	until TEXT		plays it up to a message with this text
 *	cut			the recorded run's process is gone
 *	save FILE		the screen as text
 *	styles FILE		a letter for each cell's style
 *	shots NAME		NAME-80x24.txt, -120x40, -200x60, -ascii and
 *				-styles
 *
 * What does not hold ends the script with exit 1, the line and the screen.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "orchestrator/base/clock.h"
#include "tui/replay.h"
#include "tui/wizard.h"

#define STEP_MS 50

struct script {
	struct app *a;
	struct canvas c;
	const char *path;
	int line;
	char *rest; /* of the command */
	struct replay replay;
};

static void turn(struct script *s, int ms)
{
	struct pollfd v[APP_FDS];
	size_t n = app_fds(s->a, v);

	poll(v, n, ms);
	app_turn(s->a, clock_wall_us(), clock_mono_us());
}

static char *screen_text(struct script *s)
{
	buf_auto b = BUF_INIT;

	app_draw(s->a, &s->c);
	canvas_text(&s->c, &b);
	return buf_steal(&b);
}

static bool shows(struct script *s, const char *text)
{
	mem_auto_free char *screen = screen_text(s);

	return strstr(screen, text) != NULL;
}

static bool fail(struct script *s, const char *why)
{
	mem_auto_free char *screen = screen_text(s);

	printf("%s:%d: %s: %s\n%s", s->path, s->line, why, s->rest, screen);
	return false;
}

static void resize(struct script *s, int cols, int rows, bool ascii)
{
	canvas_done(&s->c);
	canvas_init(&s->c, rows, cols, ascii);
}

/* ---- commands ---- */

static bool do_size(struct script *s)
{
	int cols, rows;

	if (sscanf(s->rest, "%d %d", &cols, &rows) != 2)
		return fail(s, "size is COLS ROWS");
	resize(s, cols, rows, s->c.ascii);
	return true;
}

static bool do_ascii(struct script *s)
{
	resize(s, s->c.cols, s->c.rows, true);
	return true;
}

static bool do_utf8(struct script *s)
{
	resize(s, s->c.cols, s->c.rows, false);
	return true;
}

static bool do_key(struct script *s)
{
	enum intent i = keys_word(s->rest);

	if (i == INTENT_NONE)
		return fail(s, "there is no such word");
	app_intent(s->a, i);
	return true;
}

static int key_named(const char *name)
{
	static const struct {
		const char *name;
		int key;
	} names[] = {{"enter", KEYS_ENTER}, {"escape", KEYS_ESCAPE},
		     {"up", KEYS_UP},	    {"down", KEYS_DOWN},
		     {"tab", KEYS_TAB},	    {"backspace", KEYS_BACKSPACE}};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].key;
	return strlen(name) == 1 ? name[0] : 0;
}

static bool do_press(struct script *s)
{
	int key = key_named(s->rest);

	if (!key)
		return fail(s, "there is no such key");
	app_key(s->a, key);
	return true;
}

static bool do_type(struct script *s)
{
	for (const char *t = s->rest; *t; t++)
		app_key(s->a, *t);
	return true;
}

/* The system's, also while a replay has the clock. */
static int64_t real_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static bool wait_for(struct script *s, bool there)
{
	char *text;
	double seconds = strtod(s->rest, &text);
	int64_t end = real_us() + (int64_t)(seconds * 1e6);

	text += *text == ' ';
	while (shows(s, text) != there) {
		if (real_us() > end)
			return fail(s, "waited in vain");
		turn(s, STEP_MS);
	}
	return true;
}

static bool do_wait(struct script *s)
{
	return wait_for(s, true);
}

static bool do_gone(struct script *s)
{
	return wait_for(s, false);
}

static bool do_expect(struct script *s)
{
	return shows(s, s->rest) || fail(s, "is not shown");
}

static bool do_reject(struct script *s)
{
	return !shows(s, s->rest) || fail(s, "is shown");
}

static bool do_sleep(struct script *s)
{
	int64_t end = real_us() + (int64_t)(strtod(s->rest, NULL) * 1e6);

	while (real_us() < end)
		turn(s, STEP_MS);
	return true;
}

static bool write_to(struct script *s, const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "w");
	bool ok = f && fputs(buf_str(b), f) >= 0;

	if (f && fclose(f) != 0)
		ok = false;
	return ok || fail(s, strerror(errno));
}

static bool write_file(struct script *s, const struct buf *b)
{
	return write_to(s, s->rest, b);
}

static bool do_save(struct script *s)
{
	buf_auto b = BUF_INIT;

	app_draw(s->a, &s->c);
	canvas_text(&s->c, &b);
	return write_file(s, &b);
}

static bool do_styles(struct script *s)
{
	buf_auto b = BUF_INIT;

	app_draw(s->a, &s->c);
	canvas_styles(&s->c, &b);
	return write_file(s, &b);
}

/* The same moment in every size that screens are made for. */
static const struct shot {
	const char *suffix;
	int cols, rows;
	bool ascii, styles;
} shots[] = {{"80x24", 80, 24, false, false},
	     {"120x40", 120, 40, false, false},
	     {"200x60", 200, 60, false, false},
	     {"ascii", 80, 24, true, false},
	     {"styles", 80, 24, false, true}};

static bool shoot(struct script *s, const struct shot *x)
{
	mem_auto_free char *path = mem_format("%s-%s.txt", s->rest, x->suffix);
	struct canvas c;
	buf_auto b = BUF_INIT;

	canvas_init(&c, x->rows, x->cols, x->ascii);
	app_draw(s->a, &c);
	if (x->styles)
		canvas_styles(&c, &b);
	else
		canvas_text(&c, &b);
	canvas_done(&c);
	return write_to(s, path, &b);
}

static bool do_shots(struct script *s)
{
	for (size_t i = 0; i < ARRAY_LEN(shots); i++)
		if (!shoot(s, &shots[i]))
			return false;
	return true;
}

static bool do_run_name(struct script *s)
{
	for (const char *t = s->a->m.run; t && *t; t++)
		app_key(s->a, *t);
	return app_has_run(s->a) || fail(s, "there is no run");
}

static bool do_clock(struct script *s)
{
	replay_stop_clock(&s->replay, strtoll(s->rest, NULL, 10) * 1000000);
	return true;
}

static bool do_replay(struct script *s)
{
	err_auto e = ERR_INIT;

	return replay_open(&s->replay, s->a, s->rest, &e) ||
	       fail(s, err_msg(&e));
}

static bool do_until(struct script *s)
{
	err_auto e = ERR_INIT;

	return replay_until(&s->replay, s->a, s->rest, &e) ||
	       fail(s, err_msg(&e));
}

static bool do_cut(struct script *s)
{
	s->a->replayed = false;
	return true;
}

static const struct {
	const char *name;
	bool (*fn)(struct script *s);
} commands[] = {
	{"size", do_size},     {"ascii", do_ascii},   {"utf8", do_utf8},
	{"key", do_key},       {"press", do_press},   {"type", do_type},
	{"wait", do_wait},     {"gone", do_gone},     {"expect", do_expect},
	{"reject", do_reject}, {"sleep", do_sleep},   {"save", do_save},
	{"styles", do_styles}, {"shots", do_shots},   {"run-name", do_run_name},
	{"clock", do_clock},   {"replay", do_replay}, {"until", do_until},
	{"cut", do_cut},
};

static bool run_line(struct script *s, char *line)
{
	size_t n;

	line[strcspn(line, "\n")] = 0;
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return true;
	n = strcspn(line, " ");
	s->rest = line + n + (line[n] == ' ');
	line[n] = 0;
	turn(s, 0);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, line) == 0)
			return commands[i].fn(s);
	s->rest = line;
	return fail(s, "there is no such command");
}

int script_run(struct app *a, const char *path, bool ascii)
{
	struct script s = {.a = a, .path = path};
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	bool ok = f != NULL;

	if (!f)
		fprintf(stderr, "cutover: error: '%s': %s\n", path,
			strerror(errno));
	canvas_init(&s.c, 24, 80, ascii);
	while (ok && getline(&line, &cap, f) > 0) {
		s.line++;
		ok = run_line(&s, line);
	}
	canvas_done(&s.c);
	replay_done(&s.replay);
	free(line);
	if (f)
		fclose(f);
	return ok ? EXIT_DONE : EXIT_PLAN;
}
