/*
 * bird_lib.h - what the BIRD conformance tests share
 */
#ifndef CUTOVER_TESTS_CONFORMANCE_BIRD_LIB_H
#define CUTOVER_TESTS_CONFORMANCE_BIRD_LIB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "adapters/bird/bird.h"

#define SESSION "er-hq/primary/private"
#define POLICY "CUTOVER-er-hq-primary-private-"
#define PASSWORD "c1rcuit-md5"

extern const char *lab_dir;
extern const char lab_original[]; /* the include before cutover came */
extern struct target lab_target;
extern struct adapter_ctx lab_ctx;
extern const struct adapter_ops *const lab_ops;

/* Group setup and teardown; the adapter is open and fenced in between. */
int lab_main(char **argv, int (*inside)(void));
int lab_up(void **state);
int lab_down(void **state);

int lab_sh(const char *fmt, ...) mem_printf(1, 2);
char *lab_read(const char *name); /* a file in lab_dir */
void lab_write(const char *name, const char *fmt, ...) mem_printf(2, 3);

struct resource *lab_want_session(struct resource_set *s);
struct resource *lab_want_born(struct resource_set *s);
struct resource *lab_want_policy(struct resource_set *s, const char *suffix,
				 const char *direction);
struct state_policy_entry *lab_permit(struct resource *r, const char *prefix);
void lab_want_policies(struct resource_set *want);

void lab_deadline(void);
struct resource_set lab_look(const struct resource_set *want);
struct resource lab_see(enum resource_kind kind, const char *name,
			const char *neighbor);
struct resource lab_see_session(void); /* ours, with its lists */
void lab_wait(const char *name, const char *neighbor); /* Established */
/* Ours, when it sends and accepts so many; after a minute whatever it is. */
struct resource lab_wait_prefixes(unsigned sent, unsigned accepted);
/* Repeats a script of sh until it succeeds. */
void lab_soon(const char *fmt, ...) mem_printf(1, 2);

struct changeset lab_plan(const struct resource_set *want);
struct changeset lab_plan_bind(const char *export);
enum outcome lab_send(const struct changeset *cs, bool back, uint32_t seconds,
		      struct err *e);
enum outcome lab_confirm(const struct changeset *cs, struct err *e);
void lab_save(void); /* what runs is what boots, and nothing else is left */
void lab_expect(enum outcome want, enum outcome got, const struct err *e);
/* Renders, applies and looks; returns the changeset for the way back. */
struct changeset lab_ensure(const struct resource_set *want, uint32_t seconds);
struct changeset lab_bind(const char *import, const char *export,
			  uint32_t seconds);

#endif
