/*
 * keys.c - the table
 */
#include "tui/keys.h"

#include <string.h>

#include "orchestrator/base/mem.h"

#define ON(s) KEYS_BIT(SCREEN_##s)
#define LISTS                                                                  \
	(ON(PICK) | ON(PLAN) | ON(SOURCE) | ON(REVIEW) | ON(APPROVALS) |       \
	 ON(PREFLIGHT) | ON(CUTOVER) | ON(ROLLBACK) | ON(END) | ON(LOG) |      \
	 ON(DEVICE) | ON(HELP))
#define LIVE (ON(PREFLIGHT) | ON(CUTOVER) | ON(ROLLBACK))
#define AFTER (LIVE | ON(END))
#define SEARCHED (ON(LOG) | ON(DEVICE) | ON(REVIEW) | ON(SOURCE))
#define OVER                                                                   \
	(ON(SOURCE) | ON(REVIEW) | ON(APPROVALS) | ON(LOG) | ON(DEVICE) |      \
	 ON(HELP))

/* In the order of the key bar: what a screen is for comes first. */
const struct key keys[] = {
	{KEYS_ENTER, 0, INTENT_OPEN, "open", "open", "open what is selected",
	 ON(PICK) | ON(PLAN)},
	{'S', 0, INTENT_START, "start", "start",
	 "start the run: preflight, then it waits for your go",
	 ON(PLAN) | ON(REVIEW)},
	{'P', 0, INTENT_PRACTICE, "practice", "practice",
	 "the same on a network in memory: no device is contacted",
	 ON(PLAN) | ON(REVIEW)},
	{'N', 0, INTENT_APPROVE, "approve", "approve",
	 "put a name under exactly this plan", ON(APPROVALS)},
	{'X', 0, INTENT_WITHDRAW, "withdraw", "withdraw",
	 "take a name's approval back, before the run", ON(APPROVALS)},
	{'G', 0, INTENT_GO, "go", "go",
	 "go on from a hold; before one: pass the plan's next hold", LIVE},
	{'H', 0, INTENT_HOLD, "hold", "hold", "stop before the next step",
	 LIVE},
	{'R', 0, INTENT_ROLLBACK, "rollback", "roll back",
	 "go back to a checkpoint; asks for the run's name", AFTER},
	{'A', 0, INTENT_ABORT, "abort", "abort",
	 "start no new step; the plan says whether it rolls back",
	 ON(PREFLIGHT) | ON(CUTOVER)},
	{'T', 0, INTENT_TAKE_BACK, "take-back", "take back",
	 "take back an order that is still pending", LIVE},
	{'C', 0, INTENT_CONTROL, "control", "control",
	 "take control of the run, or give it back", LIVE},
	{'Y', 0, INTENT_ACCEPT, "accept", "accept",
	 "go on with what somebody changed, as the hold shows it", ON(CUTOVER)},
	{'E', 0, INTENT_SOAK_LONGER, "longer", "extend soak",
	 "make this soak a minute longer", ON(CUTOVER)},
	{'Z', 0, INTENT_SOAK_SHORTER, "shorter", "shorten soak",
	 "make this soak a minute shorter", ON(CUTOVER)},
	{'W', 0, INTENT_POSTPONE, "postpone", "postpone wave",
	 "hold before the next wave, or no more", ON(CUTOVER)},
	{'K', 0, INTENT_THROTTLE, "throttle", "slow down",
	 "pause after each step: none, 5 s, 30 s", ON(CUTOVER)},
	{'U', 0, INTENT_RESUME, "resume", "resume",
	 "take up a run whose process is gone", LIVE | ON(END)},
	{'l', 0, INTENT_LOG, "log", "log", "every row of the run", AFTER},
	{'d', 0, INTENT_DEVICE, "device", "device",
	 "what passes between cutover and devices", LIVE},
	{'v', 0, INTENT_REVIEW, "review", "review",
	 "every step with its commands, routes and pairs", ON(PLAN) | AFTER},
	{'a', 0, INTENT_APPROVALS, "approvals", "approvals",
	 "who has approved exactly this plan", ON(PLAN) | ON(REVIEW) | AFTER},
	{'m', 0, INTENT_MAIN, "main", "main screen", "back to the run", OVER},
	{'/', 0, INTENT_FIND, "find", "find", "search for a text", SEARCHED},
	{'n', 0, INTENT_FIND_NEXT, "next", "next", "the next place", SEARCHED},
	{KEYS_TAB, 0, INTENT_VIEW, "view", "other view",
	 "steps, the way back, routes and pairs, the proof", ON(REVIEW)},
	{'r', 0, INTENT_RELOAD, "reload", "reload", "read the plan again",
	 ON(PICK) | ON(PLAN) | ON(APPROVALS)},
	{'e', 0, INTENT_EDIT, "edit", "edit",
	 "the plan in $EDITOR, at this line; then it is read again",
	 ON(PLAN) | ON(SOURCE)},
	{KEYS_UP, 'k', INTENT_UP, "up", NULL, "one line up", LISTS},
	{KEYS_DOWN, 'j', INTENT_DOWN, "down", NULL, "one line down", LISTS},
	{KEYS_PAGE_UP, 0, INTENT_PAGE_UP, "page-up", NULL, "a page up", LISTS},
	{KEYS_PAGE_DOWN, ' ', INTENT_PAGE_DOWN, "page-down", NULL,
	 "a page down", LISTS},
	{KEYS_HOME, 0, INTENT_TOP, "top", NULL, "to the beginning", LISTS},
	{KEYS_END, 0, INTENT_BOTTOM, "bottom", NULL,
	 "to the end; there it follows what is new", LISTS},
	{KEYS_ESCAPE, 0, INTENT_BACK, "back", "back", "the screen before",
	 ON(PLAN) | OVER},
	{'?', 0, INTENT_HELP, "help", "help", "this help", LISTS},
	{'q', 0, INTENT_LEAVE, "leave", "leave",
	 "leave the wizard; the run goes on without it", LISTS},
};
const size_t n_keys = ARRAY_LEN(keys);

enum intent keys_find(enum screen_id s, int key)
{
	for (size_t i = 0; i < n_keys; i++)
		if ((keys[i].screens & KEYS_BIT(s)) &&
		    (keys[i].key == key || (key && keys[i].other == key)))
			return keys[i].intent;
	return INTENT_NONE;
}

enum intent keys_word(const char *word)
{
	for (size_t i = 0; i < n_keys; i++)
		if (strcmp(keys[i].word, word) == 0)
			return keys[i].intent;
	return INTENT_NONE;
}

const struct key *keys_of(enum intent i)
{
	for (size_t k = 0; k < n_keys; k++)
		if (keys[k].intent == i)
			return &keys[k];
	return NULL;
}

const char *keys_label(int key, char ret[8])
{
	static const char *const names[] = {"Up",   "Down", "PgUp",  "PgDn",
					    "Home", "End",  "Enter", "Esc",
					    "BS",   "Tab"};

	if (key >= KEYS_UP && key <= KEYS_TAB)
		return names[key - KEYS_UP];
	if (key == ' ')
		return "Space";
	ret[0] = (char)key;
	ret[1] = 0;
	return ret;
}
