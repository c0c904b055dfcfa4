/*
 * device.h - one device: what runs, what is saved, what is armed
 *
 *	running --save--> saved --reboot--> running
 *	apply under a guard: what it was is pushed on the stack of armed
 *	changes; revert and an expired timer pop it, confirm forgets it
 *
 * Ownership: the device owns its sets.  It belongs to one world.
 */
#ifndef CUTOVER_TWIN_DEVICE_H
#define CUTOVER_TWIN_DEVICE_H

#include "adapters/twin/world.h"

enum device_kind { DEVICE_EDGE, DEVICE_TUNNEL, DEVICE_CIRCUIT, DEVICE_VNET };

struct armed {
	char *key;
	struct resource_set back;
};

struct late { /* a command that is still under way somewhere */
	int64_t due_us;
	uint64_t epoch;
	uint32_t seconds; /* its guard */
	bool looked;	  /* the device was looked at since */
	char *key, *text;
};

struct counter { /* of an interface */
	char *name;
	uint64_t rx, tx;	 /* packets so far */
	uint64_t rx_pps, tx_pps; /* now */
};

struct device {
	struct world *world;
	enum device_kind kind;
	size_t index; /* of the edge, tunnel or circuit in the plan */
	const struct target *target;
	struct resource_set running, saved;
	uint64_t epoch;
	struct armed *armed;
	size_t n_armed;
	int64_t deadline_us;	/* of all that is armed */
	struct state_list keys; /* of every change that was made */
	char *fired;	  /* keys that a timer took back, ' ' around each */
	struct late late; /* key NULL: none */
	int64_t down_until_us;
	unsigned edits;
	struct counter *counters;
	size_t n_counters;
	char *image; /* text of running, NULL: to be made */
	char *saved_image;
};

struct device *wdev_new(struct world *w, enum device_kind kind, size_t index,
			const struct target *t);
void wdev_free(struct device *d);

const struct resource *wdev_find(const struct device *d,
				 enum resource_kind kind, const char *name);
/* Sets all of `set`; an absent one is removed. */
void wdev_put(struct device *d, const struct resource_set *set);
/* What runs, as lines in a fixed order; all of it, or what is `shown`. */
char *wdev_text(const struct device *d, bool (*shown)(const struct resource *));
const char *wdev_image(const struct device *d);
bool wdev_up(const struct device *d);

/* Carries out a change text, and arms it when seconds > 0. */
bool wdev_change(struct device *d, const char *key, const char *text,
		 uint32_t seconds, struct err *e);
enum outcome wdev_confirm(struct device *d, const char *key);
enum outcome wdev_revert(struct device *d, const char *key);
enum outcome wdev_renew(struct device *d, uint32_t seconds);
enum outcome wdev_save(struct device *d);
void wdev_reboot(struct device *d);
void wdev_edit(struct device *d);
/* Timers, late commands and boots that are due now. */
void wdev_due(struct device *d);
int64_t wdev_next(const struct device *d);
struct counter *wdev_counter(struct device *d, const char *name);

#endif
