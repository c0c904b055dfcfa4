/*
 * live_program.c - the program's side: adapters that carry the port's calls
 *
 * One JSON object a line each way, one call at a time on a connection; a
 * connection is a lane of the program.  Without the network there is no
 * program: it ends at once.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapters/bird/bird.h"
#include "adapters/frr/frr.h"
#include "adapters/libvirt/libvirt.h"
#include "adapters/strongswan/strongswan.h"
#include "orchestrator/base/buf.h"
#include "orchestrator/cmd/cmd.h"
#include "tests/crash/live.h"
#include "tests/crash/live_wire.h"

const struct adapter_ops *const live_drivers[LIVE_DRIVERS] = {
	&frr_adapter_ops,
	&bird_adapter_ops,
	&libvirt_adapter_ops,
	&strongswan_adapter_ops,
};

void live_address(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(ret->sun_path))
		abort();
	memcpy(ret->sun_path, path, strlen(path) + 1);
}

void live_send(int fd, const json_t *j)
{
	mem_auto_free char *text = json_text_canonical(j);
	buf_auto line = BUF_INIT;
	size_t done = 0;

	buf_printf(&line, "%s\n", text);
	while (done < line.len) {
		ssize_t n = send(fd, line.data + done, line.len - done,
				 MSG_NOSIGNAL);

		if (n <= 0)
			return; /* the other side is dead: it will be seen */
		done += (size_t)n;
	}
}

json_t *live_receive(int fd)
{
	buf_auto line = BUF_INIT;
	char chunk[65536];

	for (;;) {
		ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

		if (n <= 0)
			return NULL;
		buf_add(&line, chunk, (size_t)n);
		if (chunk[n - 1] == '\n')
			return json_text_parse(line.data, line.len - 1, NULL);
	}
}

struct carrier {
	int fd1; /* descriptor + 1 */
};

static const char *live_socket;

static int connection(struct adapter_ctx *c)
{
	struct carrier *k = c->state;
	struct sockaddr_un a;
	int fd;

	if (k->fd1)
		return k->fd1 - 1;
	live_address(live_socket, &a);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		_exit(99);
	k->fd1 = fd + 1;
	return fd;
}

static json_t *call(int fd, const char *target, const char *slot,
		    json_t *request)
{
	json_t *reply;

	json_object_set_new(request, "target", json_string(target));
	json_object_set_new(request, "slot", json_string(slot));
	live_send(fd, request);
	json_decref(request);
	reply = live_receive(fd);
	if (!reply)
		_exit(98); /* no network without the test */
	return reply;
}

static bool good(const json_t *reply, struct err *e)
{
	return json_peek_bool(reply, "ok", false) ||
	       err_set(e, (enum err_code)json_peek_int(reply, "code", 0), "%s",
		       json_peek_str(reply, "error", ""));
}

static json_t *request_of(const struct adapter_ctx *c)
{
	return json_pack("{s:I}", "epoch", (json_int_t)c->epoch);
}

static enum outcome ask(struct adapter_ctx *c, const char *slot,
			json_t *request, struct err *e)
{
	json_auto *reply = call(connection(c), c->target->name, slot, request);

	if (json_peek(reply, "error"))
		good(reply, e);
	return (enum outcome)json_peek_int(reply, "outcome", OUTCOME_UNKNOWN);
}

static bool carry_open(struct adapter_ctx *c, struct err *e)
{
	json_auto *reply =
		call(connection(c), c->target->name, "open", request_of(c));

	return good(reply, e);
}

static void carry_close(struct adapter_ctx *c)
{
	struct carrier *k = c->state;

	if (k->fd1)
		close(k->fd1 - 1);
	k->fd1 = 0;
}

static bool carry_fence(struct adapter_ctx *c, struct err *e)
{
	json_auto *reply =
		call(connection(c), c->target->name, "fence", request_of(c));

	if (!good(reply, e))
		return false;
	c->epoch = (uint64_t)json_peek_int(reply, "epoch", 0);
	return true;
}

static bool carry_observe(struct adapter_ctx *c,
			  const struct resource_set *want,
			  struct resource_set *ret, struct err *e)
{
	json_t *request = request_of(c);
	json_auto *reply = NULL;

	json_object_set_new(request, "want", resource_set_to_json(want, true));
	reply = call(connection(c), c->target->name, "observe", request);
	return good(reply, e) &&
	       resource_set_from_json(json_peek(reply, "set"), ret, e);
}

static bool carry_render(const struct target *t,
			 const struct resource_set *from,
			 const struct resource_set *to, struct changeset *ret,
			 struct err *e)
{
	struct carrier k = {0};
	struct adapter_ctx c = {.target = t, .state = &k};
	json_t *request = json_object();
	json_auto *reply = NULL;

	json_object_set_new(request, "from", resource_set_to_json(from, true));
	json_object_set_new(request, "to", resource_set_to_json(to, true));
	reply = call(connection(&c), t->name, "render", request);
	carry_close(&c);
	return good(reply, e) &&
	       changeset_from_json(json_peek(reply, "changeset"), ret, e);
}

static enum outcome carry_apply(struct adapter_ctx *c,
				const struct changeset *cs, bool back,
				const struct adapter_guard *guard,
				char **ret_token, struct err *e)
{
	json_t *request = request_of(c);

	(void)ret_token;
	json_object_set_new(request, "changeset", changeset_to_json(cs));
	json_object_set_new(request, "key", json_string(cs->key));
	json_object_set_new(request, "back", json_boolean(back));
	json_object_set_new(request, "seconds",
			    json_integer(guard ? guard->seconds : 0));
	return ask(c, "apply", request, e);
}

static json_t *keyed(struct adapter_ctx *c, const char *key)
{
	json_t *request = request_of(c);

	if (key)
		json_object_set_new(request, "key", json_string(key));
	return request;
}

static enum outcome carry_confirm(struct adapter_ctx *c, const char *key,
				  struct err *e)
{
	return ask(c, "confirm", keyed(c, key), e);
}

static enum outcome carry_revert(struct adapter_ctx *c, const char *key,
				 struct err *e)
{
	return ask(c, "revert", keyed(c, key), e);
}

static enum outcome carry_renew(struct adapter_ctx *c, uint32_t seconds,
				struct err *e)
{
	json_t *request = request_of(c);

	json_object_set_new(request, "seconds", json_integer(seconds));
	return ask(c, "renew", request, e);
}

static enum outcome carry_save(struct adapter_ctx *c, struct err *e)
{
	return ask(c, "save", request_of(c), e);
}

static void register_carrier(const struct adapter_ops *real)
{
	struct adapter_ops *o = mem_alloc(sizeof(*o));
	bool timer = real->caps & ADAPTER_CAP_TIMER;

	*o = (struct adapter_ops){
		.name = real->name,
		.kinds = real->kinds,
		.caps = real->caps & ~(uint32_t)ADAPTER_CAP_WATCH,
		.state_size = sizeof(struct carrier),
		.open = carry_open,
		.close = carry_close,
		.observe = carry_observe,
		.render = carry_render,
		.apply = carry_apply,
		.confirm = timer ? carry_confirm : NULL,
		.revert = timer ? carry_revert : NULL,
		.renew = timer ? carry_renew : NULL,
		.save = real->save ? carry_save : NULL,
		.fence = real->fence ? carry_fence : NULL,
	};
	adapter_register(o);
}

static const struct {
	const char *name;
	int (*fn)(int argc, char **argv);
} commands[] = {
	{"run", cmd_run},	    {"resume", cmd_resume},
	{"rollback", cmd_rollback}, {"go", cmd_steer},
	{"hold", cmd_steer},	    {"abort", cmd_steer},
	{"accept", cmd_steer},	    {"status", cmd_status},
	{"verify", cmd_verify},
};

void live_main(int argc, char **argv)
{
	if (argc < 4 || strcmp(argv[1], "--live") != 0)
		return;
	live_socket = argv[2];
	for (size_t i = 0; i < LIVE_DRIVERS; i++)
		register_carrier(live_drivers[i]);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, argv[3]) == 0)
			exit(commands[i].fn(argc - 3, argv + 3));
	exit(97);
}
