/*
 * app.h - the wizard: what it has open, and what a key does to it
 *
 *	plans and runs -> a plan's diagnostics -> review -> start
 *	    -> preflight -> cutover <-> rollback -> end
 *	log, device, review and help over any of them
 *
 * Keys go in, a canvas comes out; sockets and processes are turned in between.
 * It knows no terminal: curses.c, script.c and tests drive it alike.
 */
#ifndef CUTOVER_TUI_APP_H
#define CUTOVER_TUI_APP_H

#include "orchestrator/cmd/cmd.h"
#include "tui/feed.h"
#include "tui/keys.h"
#include "tui/launch.h"
#include "tui/preview.h"
#include "tui/view.h"

struct app_options {
	const char *state;  /* directory, or NULL: the default one */
	const char *plan;   /* or NULL */
	const char *attach; /* run, or NULL; "": the latest */
	const char *name;   /* of this screen, shown to others */
	bool practice;
	bool watch; /* never takes control by itself */
};

struct app_list { /* a place in lines */
	size_t top, cursor;
	bool follow; /* the end, as it grows */
};

/* A question that stands before whatever else. */
struct app_dialog {
	enum intent intent; /* what a yes does; INTENT_NONE: none is open */
	char *title, *text;
	char *want; /* must be typed, and Enter; NULL: y */
	bool open;  /* any text does, then it is in app.answer */
	struct buf typed;
};

struct app_pick {
	char *plan, *run; /* one of them */
};

struct app_place { /* in a plan's files; line from 1 */
	char *file;
	unsigned line;
};

struct app {
	struct app_options o;
	enum screen_id screen, under; /* under: log, help, ... lie over it */
	int64_t wall_us, mono_us;
	bool quit;
	/* a plan */
	char *plan_path;
	struct cmd_context c;
	struct view_lines plan_lines, source_lines, approval_lines;
	struct app_place *place; /* view_line.place - 1 of plan_lines */
	size_t n_place;
	struct app_place source, edit; /* edit: somebody has to; or NULL */
	size_t approved;	       /* by so many people */
	struct preview review;
	enum preview_view view;
	/* a run */
	char *state; /* the directory that it is in */
	bool practice;
	struct journal *journal;
	struct journal_run run;
	struct model m;
	struct feed feed;
	struct launch launch;
	bool launching, took_control;
	bool replayed; /* messages come from a file, not from the feed */
	struct view_lines end_lines;
	size_t goal; /* block that a rollback would go back to */
	/* the screen */
	struct view_lines picks;
	struct app_pick *pick;
	size_t n_pick;
	struct app_list lists[SCREENS];
	struct app_dialog dialog;
	char *answer; /* to an open question */
	bool finding;
	struct buf find;
	char *message;
	enum style message_style;
	int64_t message_us;
};

void app_init(struct app *a, const struct app_options *o, int64_t wall_us,
	      int64_t mono_us);
void app_done(struct app *a);
#define APP_FDS 3
size_t app_fds(const struct app *a, struct pollfd *ret);
/* Sockets, processes, time; true: there may be something new to draw. */
bool app_turn(struct app *a, int64_t wall_us, int64_t mono_us);
void app_key(struct app *a, int key);
void app_intent(struct app *a, enum intent i);
/* Does it make sense now? (for the key bar) */
bool app_offers(const struct app *a, enum intent i);
/* And is it worth a place in the key bar? */
bool app_in_bar(const struct app *a, enum intent i);
void app_say(struct app *a, enum style s, char *text); /* takes text */
/* A message of the run. */
void app_take(struct app *a, const json_t *message);

enum view_link app_link(const struct app *a);
bool app_has_run(const struct app *a);
enum screen_id app_main_screen(const struct app *a);
void app_show(struct app *a, enum screen_id s);
/* The lines of a screen that is a list, or NULL. */
const struct view_lines *app_lines(const struct app *a);

/* app_open.c */
void app_set_state_dir(struct app *a);
void app_list_picks(struct app *a);
void app_open_pick(struct app *a, size_t i);
bool app_attach(struct app *a, const char *run);
void app_start(struct app *a, bool practice);
void app_resume(struct app *a);
void app_rollback_ended(struct app *a, const char *to);
void app_sync_journal(struct app *a);
void app_close_run(struct app *a);

/* app_steer.c */
void app_steer(struct app *a, enum intent i);
void app_confirm(struct app *a, enum intent i); /* after a yes */
void app_ask(struct app *a, enum intent i, const char *want, char *title,
	     char *text);
void app_dialog_key(struct app *a, int key);
void app_dialog_close(struct app *a);
bool app_goal_is_possible(const struct app *a, size_t block);

/* app_end.c */
void app_make_end(struct app *a);

/* frame.c: the whole screen */
void app_draw(struct app *a, struct canvas *c);

#endif
