/*
 * proof.c - loading what is to be proved, as 'cutover dry-run' does
 */
#include "tests/unit/twin/proof.h"

#include "adapters/bird/bird.h"
#include "adapters/frr/frr.h"
#include "adapters/libvirt/libvirt.h"
#include "adapters/strongswan/strongswan.h"

void proof_adapters(void)
{
	adapter_register(&frr_adapter_ops);
	adapter_register(&bird_adapter_ops);
	adapter_register(&strongswan_adapter_ops);
	adapter_register(&libvirt_adapter_ops);
}

char *proof_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	buf_auto b = BUF_INIT;
	char chunk[4096];
	size_t n;

	if (!f)
		return NULL;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, n);
	fclose(f);
	buf_putc(&b, '\0');
	return buf_steal(&b);
}

static void load_seen(struct proof *p, const char *path)
{
	mem_auto_free char *name = mem_format(
		"%.*s.seen.json", (int)(strlen(path) - strlen(".yaml")), path);
	mem_auto_free char *text = proof_file(name);
	json_auto *all = NULL;
	err_auto e = ERR_INIT;
	const char *target;
	json_t *list;

	if (!text)
		return;
	all = json_text_parse(text, strlen(text), &e);
	if (!all)
		fail_msg("%s: %s", name, err_msg(&e));
	p->sets = mem_calloc(json_object_size(all) + 1, sizeof(*p->sets));
	p->seen = mem_calloc(json_object_size(all) + 1, sizeof(*p->seen));
	json_object_foreach(all, target, list)
	{
		struct resource_set *set = &p->sets[p->n_seen];

		if (!resource_set_from_json(list, set, &e))
			fail_msg("%s: %s", name, err_msg(&e));
		p->seen[p->n_seen++] =
			(struct twin_seen){mem_strdup(target), set};
	}
}

void proof_load(struct proof *p, const char *path)
{
	struct diag_list diags = {0};
	buf_auto b = BUF_INIT;
	err_auto e = ERR_INIT;

	*p = (struct proof){.plan = plan_load(path, &diags)};
	diag_list_text(&diags, &b);
	diag_list_done(&diags);
	if (!p->plan)
		fail_msg("%s", buf_str(&b));
	p->program = steps_compile(p->plan, &e);
	if (!p->program)
		fail_msg("%s: %s", path, err_msg(&e));
	load_seen(p, path);
	p->twin = twin_build(p->plan, p->program, p->seen, p->n_seen, &e);
	if (!p->twin)
		fail_msg("%s: %s", path, err_msg(&e));
}

void proof_done(struct proof *p)
{
	prove_free(p->prove);
	twin_free(p->twin);
	for (size_t i = 0; i < p->n_seen; i++) {
		free((char *)p->seen[i].target);
		resource_set_done(&p->sets[i]);
	}
	free(p->seen);
	free(p->sets);
	program_free(p->program);
	plan_free(p->plan);
}

void proof_text(const struct prove *p, struct buf *out)
{
	for (size_t i = 0; i < p->n_violations; i++) {
		const struct prove_violation *v = &p->violations[i];

		buf_printf(out, "%s [%s] %s\n",
			   v->severity == PROVE_ERROR ? "error" : "warning",
			   v->rule, v->text);
		buf_printf(out, "  %s %s%s%s\n", prove_phase_name(v->phase),
			   v->step ? v->step : "-", v->failure ? ", " : "",
			   v->failure ? v->failure : "");
		if (v->path)
			buf_printf(out, "  way: %s\n", v->path);
		if (v->advice)
			buf_printf(out, "  do: %s\n", v->advice);
	}
}

const struct prove_violation *proof_find(const struct prove *p,
					 const char *rule)
{
	for (size_t i = 0; i < p->n_violations; i++)
		if (strcmp(p->violations[i].rule, rule) == 0)
			return &p->violations[i];
	return NULL;
}
