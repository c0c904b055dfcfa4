/*
 * azure_lib.c - runs tests/fakes/arm_emulator on a port of its own
 */
#include "tests/conformance/azure_lib.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/azure/azure.h"
#include "adapters/transport/http.h"
#include "orchestrator/base/clock.h"

#define START_US (60 * 1000 * 1000)

static char *ready_line(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[256];
	char *s = NULL;

	if (f && fgets(line, sizeof(line), f))
		s = mem_strndup(line, strcspn(line, "\n"));
	if (f)
		fclose(f);
	return s;
}

static void child(const char *const *options, const char *ready)
{
	const char *argv[32] = {"tests/fakes/arm_emulator",
				"--ready",
				ready,
				"--token",
				AZ_TOKEN,
				"--secret",
				AZ_SECRET};
	size_t n = 7;

	for (size_t i = 0; options && options[i] && n < 29; i++)
		argv[n++] = options[i];
	if (getenv("ARM_RECORD")) {
		argv[n++] = "--record";
		argv[n++] = getenv("ARM_RECORD");
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

void az_start(struct az *a, const char *const *options)
{
	mem_auto_free char *ready = NULL;
	int64_t end = clock_mono_us() + START_US;

	*a = (struct az){.dir = "/tmp/cutover-azure-XXXXXX"};
	if (!mkdtemp(a->dir))
		fail_msg("no directory");
	ready = mem_format("%s/ready", a->dir);
	setenv("CUTOVER_TEST_TOKEN", AZ_TOKEN, 1);
	setenv("CUTOVER_TEST_SECRET", AZ_SECRET, 1);
	setenv("CUTOVER_TEST_MD5", AZ_MD5, 1);
	a->pid = fork();
	if (a->pid == 0)
		child(options, ready);
	while (!(a->base = ready_line(ready))) {
		if (clock_mono_us() > end || waitpid(a->pid, NULL, WNOHANG) > 0)
			fail_msg("tests/fakes/arm_emulator does not start");
		clock_sleep_us(20000);
	}
}

void az_stop(struct az *a)
{
	mem_auto_free char *rm = mem_format("rm -rf %s", a->dir);

	kill(a->pid, SIGTERM);
	waitpid(a->pid, NULL, 0);
	if (system(rm) != 0)
		fprintf(stderr, "cannot remove %s\n", a->dir);
	free(a->base);
}

json_t *az_steer(struct az *a, const char *what, const char *body)
{
	mem_auto_free char *url = mem_format("%s/_emulator/%s", a->base, what);
	mem_auto_free char *ca = mem_format("%s/cert.pem", a->dir);
	bool tls = strncmp(a->base, "https", 5) == 0;
	struct http *h = http_new(tls ? ca : NULL);
	http_response_auto r = {0};
	err_auto e = ERR_INIT;
	json_t *j = NULL;

	if (http_send(h,
		      &(struct http_request){
			      .method = body ? "POST" : "GET",
			      .url = url,
			      .body = body,
			      .deadline_us = clock_mono_us() + START_US,
		      },
		      &r, &e) == HTTP_ANSWERED &&
	    r.status == 200)
		j = json_text_parse(buf_str(&r.body), r.body.len, &e);
	http_free(h);
	if (!j)
		fail_msg("emulator: %s: %s", what, err_msg(&e));
	return j;
}

void az_do(struct az *a, const char *what, const char *body)
{
	json_decref(az_steer(a, what, body));
}

size_t az_count(struct az *a, const char *word)
{
	json_auto *log = az_steer(a, "log", NULL);
	size_t n = 0, i;
	json_t *v;

	json_array_foreach(log, i, v) n +=
		strstr(json_string_value(v), word) != NULL;
	return n;
}

json_t *az_resource(struct az *a, const char *id)
{
	json_auto *s = az_steer(a, "state", NULL);
	size_t i;
	json_t *v;

	json_array_foreach(json_peek(s, "resources"), i, v)
	{
		if (strcmp(json_peek_str(v, "id", ""), id) == 0)
			return json_incref(v);
	}
	return NULL;
}

static void secret(struct target *t, const char *name, enum secret_kind kind,
		   const char *value)
{
	t->secrets =
		mem_realloc(t->secrets, t->n_secrets + 1, sizeof(*t->secrets));
	t->secrets[t->n_secrets++] =
		(struct secret_ref){.kind = kind,
				    .name = mem_strdup(name),
				    .value = mem_strdup(value)};
}

void az_target(struct az *a, struct target *t, const char *name)
{
	mem_auto_free char *identity =
		mem_format("%s/metadata/identity/oauth2/token", a->base);
	mem_auto_free char *pem = mem_format("%s/client.pem", a->dir);

	*t = (struct target){.name = mem_strdup(name),
			     .driver = mem_strdup("azure")};
	target_param_set(t, "endpoint", a->base);
	target_param_set(t, "login", a->base);
	target_param_set(t, "identity", identity);
	target_param_set(t, "subscription",
			 "11111111-2222-3333-4444-555555555555");
	target_param_set(t, "resource_group", "rg-hub");
	target_param_set(t, "location", "westeurope");
	target_param_set(t, "auth", "token");
	target_param_set(t, "tenant", "contoso.example");
	target_param_set(t, "client_id", "cutover-app");
	target_param_set(t, "fence_ms", "50");
	secret(t, "azure/token", SECRET_ENV, "CUTOVER_TEST_TOKEN");
	secret(t, "azure/secret", SECRET_ENV, "CUTOVER_TEST_SECRET");
	secret(t, "azure/certificate", SECRET_FILE, pem);
	secret(t, "er-hq/private", SECRET_ENV, "CUTOVER_TEST_MD5");
}

void az_circuit_target(struct az *a, struct target *t)
{
	az_target(a, t, "er-hq");
	target_param_set(t, "circuit", "er-hq");
	target_param_set(t, "gateway", "hub-ergw");
	target_param_set(t, "attachment", "er-hq-link");
	target_param_set(t, "links", "primary=,secondary=");
	target_param_set(t, "peerings", "private=private");
	target_param_set(t, "mark", "hq/er-hq");
}

static void on_trace(void *arg, const char *what, const char *text)
{
	buf_printf(arg, "%s\n%s\n", what, text);
}

void az_time(struct az_seat *s, uint32_t ms)
{
	s->ctx.deadline_us = clock_mono_us() + (int64_t)ms * 1000;
}

void az_open(struct az_seat *s, struct target *t)
{
	err_auto e = ERR_INIT;

	*s = (struct az_seat){.target = t};
	s->ctx.target = t;
	s->ctx.state = mem_alloc(azure_adapter_ops.state_size);
	s->ctx.trace = on_trace;
	s->ctx.trace_arg = &s->trace;
	az_time(s, 60000);
	if (!azure_adapter_ops.open(&s->ctx, &e))
		fail_msg("open: %s", err_msg(&e));
}

void az_close(struct az_seat *s)
{
	azure_adapter_ops.close(&s->ctx);
	free(s->ctx.state);
	buf_done(&s->trace);
}

enum outcome az_ensure(struct az_seat *s, const struct resource_set *want,
		       struct err *e)
{
	resource_set_auto seen = {0};
	struct changeset cs = {0};
	char *token = NULL;
	enum outcome o = OUTCOME_REFUSED;

	if (azure_adapter_ops.observe(&s->ctx, want, &seen, e) &&
	    azure_adapter_ops.render(s->target, &seen, want, &cs, e))
		o = azure_adapter_ops.apply(&s->ctx, &cs, false, NULL, &token,
					    e);
	for (int i = 0; o == OUTCOME_PENDING && i < 100; i++)
		o = azure_adapter_ops.poll(&s->ctx, token, e);
	free(token);
	changeset_done(&cs);
	return o;
}

void az_want_peering(struct resource_set *want)
{
	struct resource *r =
		resource_set_add(want, RESOURCE_PEERING, "er-hq/private");

	r->peering.domain = mem_strdup("private");
	r->peering.asn = 12076;
	r->peering.peer_asn = 65010;
	r->peering.vlan = 100;
	r->peering.primary = mem_strdup("172.16.0.0/30");
	r->peering.secondary = mem_strdup("172.16.0.4/30");
	r->peering.enabled = true;
}

void az_want_attached(struct resource_set *want, bool attached)
{
	resource_set_add(want, RESOURCE_ATTACHMENT, "er-hq")
		->attachment.attached = attached;
}
