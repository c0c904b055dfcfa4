/*
 * model.h - all that the wizard knows of a run
 *
 * Fed by rows of the journal (what was), and by the answers and events of the
 * run's socket (what is).  Pure: no I/O, no clock, no drawing; the same input
 * gives the same model.  Plan and program are borrowed.
 */
#ifndef CUTOVER_TUI_MODEL_H
#define CUTOVER_TUI_MODEL_H

#include "orchestrator/engine/board.h"
#include "orchestrator/plan/plan.h"
#include "tui/canvas.h"
#include "tui/series.h"

struct model_probe {
	const struct plan_probe *rule;
	json_t *last; /* or NULL */
	struct series rtt_ms, lost, rate;
	int64_t us, sent, received, gone; /* of the last but one */
};

enum model_path_kind { MODEL_VPN, MODEL_CIRCUIT };

/* A way that packets can take: a tunnel, or a peering on a link. */
struct model_path {
	enum model_path_kind kind;
	char *name;	      /* 'vpn1', 'er-hq/primary/private' */
	const char *target;   /* whom its counters are of */
	const char *counters; /* name of the resource that counts */
	size_t edge;
	struct series rate; /* packets/s, both ways */
	double in, out, bytes;
	int64_t us, packets_in, packets_out, bytes_all;
};

struct model_line {
	int64_t us;
	enum style style;
	char *text;
};

struct model_lines {
	struct model_line *v;
	size_t n, cap;
	size_t dropped; /* from the beginning, for ever */
};

struct model {
	const struct plan *plan;
	const struct program *program;
	struct board board;
	char *run;
	json_t *status, *orders, *screens, *guards, *approvals; /* or NULL */
	json_t *looks; /* target -> states */
	json_t *blind; /* target -> why it could not be looked at */
	struct model_probe *probes;
	struct model_path *paths;
	size_t n_paths;
	struct model_lines log, device;
	int you;	 /* this screen's id, 0: not attached */
	int64_t told_us; /* wall clock of the last message */
	int64_t soak_end_us;
};

void model_init(struct model *m, const struct plan *p, const struct program *g,
		const char *run);
void model_done(struct model *m);

/* A row of the journal, or of a 'row' event; one that is known already is not
 * taken twice. */
void model_row(struct model *m, int64_t seq, int64_t wall_us, const char *kind,
	       const char *step, const char *body);
/* The answer to 'follow'. */
void model_attached(struct model *m, const json_t *answer, int64_t now_us);
void model_event(struct model *m, const json_t *event, int64_t now_us);
/* The connection is gone: what was live is not any more. */
void model_detached(struct model *m);
void model_lines_add(struct model_lines *l, size_t keep, int64_t us,
		     enum style s, char *text);

#endif
