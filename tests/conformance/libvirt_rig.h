/*
 * libvirt_rig.h - a real libvirtd for the conformance tests of its adapter
 */
#ifndef CUTOVER_TESTS_CONFORMANCE_LIBVIRT_RIG_H
#define CUTOVER_TESTS_CONFORMANCE_LIBVIRT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "adapters/libvirt/libvirt.h"
#include "tests/conformance/sandbox.h"

#define RIG_MAC "52:54:00:10:00:0b"

/* ---- a target and its adapter ---- */

struct rig {
	struct target target;
	struct adapter_ctx ctx;
	bool open;
};

extern const char rig_daemon_start[]; /* a script */

/* sandbox_main() with a libvirtd, its networks and its machine. */
int rig_main(char **argv, int (*inside)(void));

void rig_init(struct rig *r);
void rig_open(struct rig *r);
void rig_close(struct rig *r);
void rig_circuit(struct rig *r); /* opened for circuit and attachment */
void rig_vnet(struct rig *r, const char *gateway_port); /* for the vnet */
void rig_done(struct rig *r);

void rig_deadline(struct rig *r, int64_t ms);
void rig_look(struct rig *r, enum resource_kind kind, struct resource *ret);
char *rig_links(struct rig *r);
void rig_assert_links(struct rig *r, const char *want);
char *rig_identity(struct rig *r);
void rig_change(struct changeset *cs, const char *const *parts);
enum outcome rig_apply(struct rig *r, const struct changeset *cs, bool back,
		       struct err *e);
void rig_render_links(struct rig *r, const char *const *links,
		      struct changeset *ret);

#define RIG_CHANGE(cs, ...)                                                    \
	rig_change(cs, (const char *const[]){__VA_ARGS__, NULL})

#endif
