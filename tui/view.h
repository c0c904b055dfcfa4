/*
 * view.h - what screens say, made from the model: words and numbers, no places
 *
 * Pure.  The same for the screens and for the line mode, so that both say the
 * same thing.  Texts are the caller's to free where a struct has a _done().
 */
#ifndef CUTOVER_TUI_VIEW_H
#define CUTOVER_TUI_VIEW_H

#include "tui/model.h"

/* '0:21', '12:05', '1:02:03' */
char *view_span(int64_t us);
/* '22:05:31' (UTC) */
char *view_clock(int64_t wall_us);

enum view_link { /* to the run's process */
		 VIEW_LIVE,
		 VIEW_SILENT, /* connected, but nothing is heard */
		 VIEW_GONE,   /* the process has ended or died */
		 VIEW_ENDED,  /* and the run is over */
};

struct view_where {
	enum style style;
	const char *word; /* 'RUNNING', 'HOLDING', ... */
	char *text;	  /* a sentence */
};
void view_where(const struct model *m, enum view_link link, int64_t now_us,
		struct view_where *ret);
void view_where_done(struct view_where *w);
bool view_holds(const struct model *m);
bool view_goes_back(const struct model *m);
bool view_is_over(const struct model *m);
/* In the first block: nothing is changed yet. */
bool view_is_preflight(const struct model *m);

struct view_line {
	int depth;
	enum glyph glyph; /* GLYPHS: none */
	enum style style;
	char *text, *right; /* right may be NULL */
	size_t place;	    /* the caller's, 0: none */
};
struct view_lines {
	struct view_line *v;
	size_t n, cap, current; /* current: the line where things happen */
};
void view_lines_done(struct view_lines *l);
struct view_line *view_lines_add(struct view_lines *l, int depth, enum glyph g,
				 enum style s, char *text);

/* Blocks with their steps; of those that are done or to come the titles alone,
 * unless `all`. */
void view_tree(const struct model *m, bool all, int64_t now_us,
	       struct view_lines *ret);
/* The steps of the first block, as a checklist. */
void view_checklist(const struct model *m, int64_t now_us,
		    struct view_lines *ret);
/* What a way back to `goal` undoes, the last first. */
void view_way_back(const struct model *m, const char *goal,
		   struct view_lines *ret);
void view_progress(const struct model *m, size_t *ret_done, size_t *ret_of);

/* ---- the network ---- */

struct view_path {
	const struct model_path *path;
	const char *edge, *name; /* name: without the circuit's */
	char *state;		 /* 'up, Established', 'down', ... */
	const char *word;	 /* the same in one word */
	bool up, carries;	 /* carries: it is the way of routes now */
};
size_t view_paths(const struct model *m, struct view_path **ret);
void view_paths_done(struct view_path *v, size_t n);

struct view_group {
	const char *name;
	char *to_cloud, *to_site; /* 'VPN', 'circuit', 'both', 'none', '?' */
	int64_t lost_forward, lost_backward, lost_either;
	bool measured;
	const struct model_probe *probe; /* the first of the group, or NULL */
};
size_t view_groups(const struct model *m, struct view_group **ret);
void view_groups_done(struct view_group *v, size_t n);

void view_guards(const struct model *m, struct view_lines *ret);
/* 'site prefixes announced on the circuit 1 of 3 ...', or NULL: not seen. */
char *view_moved(const struct model *m);
/* Time used of the window, and the last moment to start a way back;
 * rollback_ms < 0: not known. */
char *view_window(const struct model *m, int64_t rollback_ms, int64_t now_us,
		  enum style *ret_style);
/* The latest order that is open or was settled lately; NULL: none. */
char *view_order(const struct model *m, int64_t now_us, enum style *ret_style);
/* Who has control: a sentence. */
char *view_control(const struct model *m, bool *ret_ours);
/* Who approved the plan, of a run's 'approvals' row; row NULL: nobody. */
void view_approvals(const json_t *row, struct view_lines *ret);
/* What to look at before a go. */
void view_hold(const struct model *m, struct view_lines *ret);

#endif
