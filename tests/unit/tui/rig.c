/*
 * rig.c - the model under test, fed by hand
 */
#include "tests/unit/tui/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/bird/bird.h"
#include "adapters/frr/frr.h"
#include "adapters/libvirt/libvirt.h"
#include "adapters/strongswan/strongswan.h"

int rig_adapters(void **state)
{
	(void)state;
	adapter_register(&frr_adapter_ops);
	adapter_register(&bird_adapter_ops);
	adapter_register(&libvirt_adapter_ops);
	adapter_register(&strongswan_adapter_ops);
	return 0;
}

int rig_setup(void **state)
{
	struct rig *r = mem_calloc(1, sizeof(*r));

	assert_true(cmd_context_load(&r->c, RIG_PLAN, false));
	model_init(&r->m, r->c.plan, r->c.program, "run-1");
	*state = r;
	return 0;
}

int rig_teardown(void **state)
{
	struct rig *r = *state;

	model_done(&r->m);
	cmd_context_done(&r->c);
	free(r);
	return 0;
}

json_t *rig_json(const char *text)
{
	mem_auto_free char *copy = mem_strdup(text);
	json_t *j;

	for (char *s = copy; (s = strchr(s, '\''));)
		*s = '"';
	j = json_text_parse(copy, strlen(copy), NULL);
	if (!j)
		fail_msg("no JSON: %s", text);
	return j;
}

void rig_event(struct rig *r, const char *text)
{
	json_auto *j = rig_json(text);

	model_event(&r->m, j, 0);
}

void rig_row(struct rig *r, int64_t seq, const char *kind, const char *step,
	     const char *body)
{
	json_auto *j = rig_json(body);
	mem_auto_free char *text = json_text_canonical(j);

	model_row(&r->m, seq, seq * 1000000, kind, step, text);
}

void rig_attach(struct rig *r)
{
	json_auto *j = rig_json(
		"{'ok':true,'you':1,'snapshot':{'status':{'phase':'step',"
		"'title':'a step'},'screens':[{'id':1,'name':'ann',"
		"'control':true},{'id':2,'name':'ben','control':false}]}}");

	model_attached(&r->m, j, 0);
}
