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
 *	save FILE		the screen as text
 *	styles FILE		a letter for each cell's style
 *
 * What does not hold ends the script with exit 1, the line and the screen.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "orchestrator/base/clock.h"
#include "tui/wizard.h"

#define STEP_MS 50

struct script {
	struct app *a;
	struct canvas c;
	const char *path;
	int line;
	char *rest; /* of the command */
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

static bool wait_for(struct script *s, bool there)
{
	char *text;
	double seconds = strtod(s->rest, &text);
	int64_t end = clock_mono_us() + (int64_t)(seconds * 1e6);

	text += *text == ' ';
	while (shows(s, text) != there) {
		if (clock_mono_us() > end)
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
	int64_t end = clock_mono_us() + (int64_t)(strtod(s->rest, NULL) * 1e6);

	while (clock_mono_us() < end)
		turn(s, STEP_MS);
	return true;
}

static bool write_file(struct script *s, const struct buf *b)
{
	FILE *f = fopen(s->rest, "w");
	bool ok = f && fputs(buf_str(b), f) >= 0;

	if (f && fclose(f) != 0)
		ok = false;
	return ok || fail(s, strerror(errno));
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

static const struct {
	const char *name;
	bool (*fn)(struct script *s);
} commands[] = {
	{"size", do_size},     {"ascii", do_ascii}, {"utf8", do_utf8},
	{"key", do_key},       {"press", do_press}, {"type", do_type},
	{"wait", do_wait},     {"gone", do_gone},   {"expect", do_expect},
	{"reject", do_reject}, {"sleep", do_sleep}, {"save", do_save},
	{"styles", do_styles},
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
	free(line);
	if (f)
		fclose(f);
	return ok ? EXIT_DONE : EXIT_PLAN;
}
