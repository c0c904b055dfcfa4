/*
 * curses.c - ncurses, and nothing else of the wizard's knows it
 *
 * Styles become colours where there are any, and bold, dim and reverse in any
 * case, so that a monochrome terminal tells them apart, too.
 */
#include "tui/curses.h"

#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tui/keys.h"

static bool coloured;

static const struct look {
	short colour; /* -1: the terminal's own */
	attr_t attributes;
} looks[STYLES] = {
	[STYLE_PLAIN] = {-1, 0},
	[STYLE_DIM] = {-1, A_DIM},
	[STYLE_BOLD] = {-1, A_BOLD},
	[STYLE_BAR] = {-1, A_REVERSE},
	[STYLE_GOOD] = {COLOR_GREEN, A_BOLD},
	[STYLE_WARN] = {COLOR_YELLOW, A_BOLD},
	[STYLE_BAD] = {COLOR_RED, A_BOLD | A_UNDERLINE},
	[STYLE_VPN] = {COLOR_CYAN, 0},
	[STYLE_CIRCUIT] = {COLOR_MAGENTA, 0},
	[STYLE_SELECTED] = {-1, A_REVERSE | A_BOLD},
};

bool curses_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void begin_colours(bool mono)
{
	coloured = !mono && has_colors() && start_color() != ERR &&
		   use_default_colors() != ERR;
	for (short i = 0; coloured && i < STYLES; i++)
		init_pair((short)(i + 1), looks[i].colour, -1);
}

bool curses_begin(bool mono)
{
	SCREEN *s;

	setlocale(LC_ALL, "");
	if (!isatty(0) || !isatty(1))
		return false;
	s = newterm(NULL, stdout, stdin);
	if (!s)
		return false;
	set_term(s);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	begin_colours(mono);
	return true;
}

void curses_end(void)
{
	endwin();
}

void curses_size(int *ret_rows, int *ret_cols)
{
	struct winsize w;

	if (ioctl(1, TIOCGWINSZ, &w) == 0 && w.ws_row && w.ws_col &&
	    (w.ws_row != LINES || w.ws_col != COLS))
		resizeterm(w.ws_row, w.ws_col);
	getmaxyx(stdscr, *ret_rows, *ret_cols);
}

void curses_put(const struct canvas *c)
{
	for (int r = 0; r < c->rows; r++)
		for (int k = 0; k < c->cols; k++) {
			const struct cell *x = &c->v[r * c->cols + k];

			attrset(looks[x->style].attributes |
				(coloured ? COLOR_PAIR(x->style + 1) : 0));
			mvaddstr(r, k, x->text);
		}
	refresh();
}

void curses_again(void)
{
	clearok(curscr, TRUE);
}

static const struct {
	int theirs, ours;
} special[] = {
	{KEY_UP, KEYS_UP},	   {KEY_DOWN, KEYS_DOWN},
	{KEY_PPAGE, KEYS_PAGE_UP}, {KEY_NPAGE, KEYS_PAGE_DOWN},
	{KEY_HOME, KEYS_HOME},	   {KEY_END, KEYS_END},
	{KEY_ENTER, KEYS_ENTER},   {'\r', KEYS_ENTER},
	{'\n', KEYS_ENTER},	   {27, KEYS_ESCAPE},
	{'\t', KEYS_TAB},	   {KEY_BACKSPACE, KEYS_BACKSPACE},
	{127, KEYS_BACKSPACE},	   {8, KEYS_BACKSPACE},
};

int curses_key(void)
{
	int k = getch();

	if (k == ERR)
		return 0;
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (special[i].theirs == k)
			return special[i].ours;
	return k < 0x80 ? k : KEYS_TAB + 1; /* no key of ours */
}
