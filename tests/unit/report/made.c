/*
 * made.c - what 'cutover dry-run' does, without the command
 */
#include "tests/unit/report/made.h"

#include "adapters/azure/azure.h"
#include "adapters/bird/bird.h"
#include "adapters/frr/frr.h"
#include "adapters/libvirt/libvirt.h"
#include "adapters/strongswan/strongswan.h"

void made_adapters(void)
{
	adapter_register(&frr_adapter_ops);
	adapter_register(&bird_adapter_ops);
	adapter_register(&strongswan_adapter_ops);
	adapter_register(&libvirt_adapter_ops);
	adapter_register(&azure_adapter_ops);
}

void made_load(struct made *m, const char *path)
{
	struct diag_list diags = {0};
	buf_auto b = BUF_INIT;
	err_auto e = ERR_INIT;

	*m = (struct made){.plan = plan_load(path, &diags)};
	diag_list_text(&diags, &b);
	diag_list_done(&diags);
	if (!m->plan)
		fail_msg("%s", buf_str(&b));
	m->program = steps_compile(m->plan, &e);
	if (!m->program)
		fail_msg("%s: %s", path, err_msg(&e));
	m->targets = plan_targets(m->plan, &m->n_targets);
}

void made_make(struct made *m, const struct look *look)
{
	err_auto e = ERR_INIT;

	m->twin = twin_build(m->plan, m->program, look ? look->seen : NULL,
			     look ? look->n_seen : 0, &e);
	if (!m->twin)
		fail_msg("%s", err_msg(&e));
	m->prove = prove_program(m->twin);
	m->r = (struct review){.plan = m->plan,
			       .program = m->program,
			       .prove = m->prove,
			       .look = look};
	review_fill(&m->r, m->targets, m->n_targets);
}

void made_done(struct made *m)
{
	review_done(&m->r);
	prove_free(m->prove);
	twin_free(m->twin);
	plan_targets_free(m->targets, m->n_targets);
	program_free(m->program);
	plan_free(m->plan);
}

char *made_write(const struct made *m, const char *form)
{
	buf_auto out = BUF_INIT;

	review_write(&m->r, writer_find(form), &out);
	return buf_steal(&out);
}
