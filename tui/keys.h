/*
 * keys.h - every intent of the wizard: its key, its name, its help, its word
 *
 * One table: the key bar, the help screen, the line mode's prompts and scripts
 * all come from it.  What changes a run has a capital letter, so that it lies
 * beside no harmless key, and asks before it acts.
 */
#ifndef CUTOVER_TUI_KEYS_H
#define CUTOVER_TUI_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* Keys that are no character. */
enum {
	KEYS_UP = 0x110000, /* beyond Unicode */
	KEYS_DOWN,
	KEYS_PAGE_UP,
	KEYS_PAGE_DOWN,
	KEYS_HOME,
	KEYS_END,
	KEYS_ENTER,
	KEYS_ESCAPE,
	KEYS_BACKSPACE,
	KEYS_TAB,
};

enum screen_id {
	SCREEN_PICK,	  /* plans and runs */
	SCREEN_PLAN,	  /* diagnostics of a plan */
	SCREEN_SOURCE,	  /* the plan's text, at a diagnostic */
	SCREEN_REVIEW,	  /* what would be done */
	SCREEN_APPROVALS, /* by whom it was approved */
	SCREEN_PREFLIGHT, /* what must be, as a checklist */
	SCREEN_CUTOVER,
	SCREEN_ROLLBACK,
	SCREEN_END,
	SCREEN_LOG,
	SCREEN_DEVICE,
	SCREEN_HELP,
	SCREENS,
};

enum intent {
	INTENT_NONE,
	INTENT_HELP,
	INTENT_LEAVE,
	INTENT_BACK, /* to the screen before */
	INTENT_UP,
	INTENT_DOWN,
	INTENT_PAGE_UP,
	INTENT_PAGE_DOWN,
	INTENT_TOP,
	INTENT_BOTTOM,
	INTENT_OPEN,
	INTENT_LOG,
	INTENT_DEVICE,
	INTENT_REVIEW,
	INTENT_MAIN,
	INTENT_FIND,
	INTENT_FIND_NEXT,
	INTENT_VIEW, /* other view of the same screen */
	INTENT_RELOAD,
	INTENT_EDIT,
	INTENT_APPROVALS,
	INTENT_APPROVE,
	INTENT_WITHDRAW,
	INTENT_START,
	INTENT_PRACTICE,
	INTENT_GO,
	INTENT_HOLD,
	INTENT_ROLLBACK,
	INTENT_ABORT,
	INTENT_ACCEPT,
	INTENT_TAKE_BACK,
	INTENT_CONTROL,
	INTENT_SOAK_LONGER,
	INTENT_SOAK_SHORTER,
	INTENT_POSTPONE,
	INTENT_THROTTLE,
	INTENT_RESUME,
};

struct key {
	int key, other; /* other: a second one, or 0 */
	enum intent intent;
	const char *word; /* in scripts and in the line mode */
	const char *name; /* in the key bar */
	const char *help;
	unsigned screens; /* bits */
};

extern const struct key keys[];
extern const size_t n_keys;

#define KEYS_BIT(screen) (1u << (screen))

/* What the key means there, or INTENT_NONE. */
enum intent keys_find(enum screen_id s, int key);
enum intent keys_word(const char *word);
const struct key *keys_of(enum intent i);
/* 'PgUp', 'g', ... */
const char *keys_label(int key, char ret[8]);

#endif
