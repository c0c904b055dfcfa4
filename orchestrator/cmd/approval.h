/*
 * approval.h - who has approved exactly this plan
 *
 * An approval is a small file in STATE/approvals, written once: a name, when,
 * and the digest of what was approved (the plan's meaning and the steps that
 * this program makes of it).  Of one name the latest counts; a plan that was
 * changed has to be approved anew.  A run that begins copies those that stand
 * into its journal, and needs nothing of this folder any more.
 *
 * It says what was typed at this machine, and who was logged in there; it is no
 * proof of identity.
 */
#ifndef CUTOVER_CMD_APPROVAL_H
#define CUTOVER_CMD_APPROVAL_H

#include "orchestrator/base/digest.h"
#include "orchestrator/cmd/cmd.h"

#define APPROVAL_NAME_MAX 60
#define APPROVAL_NOTE_MAX 400

struct approval {
	char *name, *login, *note; /* note may be "" */
	char digest[DIGEST_HEX];
	int64_t wall_us;
	bool withdrawn;
	bool stands; /* of this very plan, and not withdrawn */
};

struct approval_list {
	struct approval *v; /* the earliest first, one a name */
	size_t n, standing;
};

/* What is approved, proved and run. */
void cmd_plan_digest(const struct cmd_context *c, char ret[DIGEST_HEX]);

/* state NULL: the default one.  None at all is no error. */
bool approval_read(const char *state, const struct cmd_context *c,
		   struct approval_list *ret, struct err *e);
void approval_list_done(struct approval_list *l);
/* ERR_USAGE: the name or the note cannot be kept. */
bool approval_give(const char *state, const struct cmd_context *c,
		   const char *name, const char *note, bool withdraw,
		   struct err *e);
/* ERR_REFUSED, rule 'approvals': the plan needs more of them. */
bool approval_suffice(const struct approval_list *l,
		      const struct cmd_context *c, struct err *e);
/* {"needed","digest","given":[{"name","login","time_us","note"}]} */
json_t *approval_row(const struct approval_list *l,
		     const struct cmd_context *c);
/* 'Ann Lee (ann), 2026-12-01 10:15 UTC: note' */
char *approval_text(const char *name, const char *login, int64_t wall_us,
		    const char *note);

#endif
