/*
 * curses.h - the one place that knows a terminal
 *
 * Puts a canvas on it and reads its keys.  What it cannot do (colours, UTF-8)
 * it does without.
 */
#ifndef CUTOVER_TUI_CURSES_H
#define CUTOVER_TUI_CURSES_H

#include "tui/canvas.h"

/* False: there is no terminal, or it is of no known kind. */
bool curses_begin(bool mono);
void curses_end(void);
void curses_size(int *ret_rows, int *ret_cols);
/* Draws what differs from the last time. */
void curses_put(const struct canvas *c);
/* Everything anew, e.g. after somebody else wrote on the terminal. */
void curses_again(void);
/* A key of keys.h or a character; 0: none is there. */
int curses_key(void);
bool curses_utf8(void);

#endif
