/*
 * interface.c - telling zebra what the kernel was told
 *
 * What `ip addr` sets is gone after a restart while the saved sessions are
 * there.  So the addresses that a circuit's interface gets are written into
 * FRR's configuration as well, where they are saved and undone with the rest;
 * zebra sets them again at boot, and the link up with them.
 *
 * The block 'interface X' is ours as a whole, and carries our description, or
 * it is not touched: where the operator's configuration names the interface
 * already the addresses are the kernel's alone.  The device decides that, so
 * the part says it in shell.
 *
 * On the way back zebra lets go of the address first and takes it out of the
 * kernel with it; it is put back, so that the commands that follow find what
 * they were written for.  Pure.
 */
#include "adapters/frr/interface.h"

#include <string.h>

#include "orchestrator/model/prefix.h"

static bool address_lines(const char *no, const struct state_list *of,
			  const struct state_list *other, struct buf *out,
			  struct err *e)
{
	for (size_t i = 0; i < of->n; i++) {
		struct prefix net, addr;

		if (state_list_has(other, of->v[i]))
			continue;
		if (!prefix_parse_ifaddr(of->v[i], &net, &addr, e))
			return false;
		buf_printf(out, " -c '%s%s address %s'", no,
			   addr.family == 6 ? "ipv6" : "ip", of->v[i]);
	}
	return true;
}

/* What goes: only from a block of ours. */
static bool put_gone(const char *name, const struct state_list *gone,
		     const struct state_list *kept, struct buf *out,
		     struct err *e)
{
	buf_auto lines = BUF_INIT;

	if (!address_lines("no ", gone, kept, &lines, e))
		return false;
	if (!lines.len)
		return true;
	buf_printf(out,
		   "if vtysh -c 'show running-config' | sed -n '/^interface "
		   "%s$/,/^[^ ]/p' | grep -qx ' description " FRR_OWN_INTERFACE
		   "'; then\n"
		   "vtysh -c 'configure terminal' -c 'interface %s'%s -c 'no "
		   "description'\n",
		   name, name, buf_str(&lines));
	for (size_t i = 0; i < gone->n; i++)
		if (!state_list_has(kept, gone->v[i]))
			buf_printf(out, "ip addr replace %s dev %s\n",
				   gone->v[i], name);
	buf_puts(out, "fi\n");
	return true;
}

/* What comes: only where nobody has a block yet. */
static bool put_new(const char *name, const struct state_list *had,
		    const struct state_list *want, struct buf *out,
		    struct err *e)
{
	buf_auto lines = BUF_INIT;

	if (!address_lines("", want, had, &lines, e))
		return false;
	if (lines.len)
		buf_printf(out,
			   "vtysh -c 'show running-config' | grep -qx "
			   "'interface %s' ||\n"
			   "vtysh -c 'configure terminal' -c 'interface %s' -c "
			   "'description " FRR_OWN_INTERFACE "'%s\n",
			   name, name, buf_str(&lines));
	return true;
}

bool frr_interface_part(const struct resource *from, const struct resource *to,
			const char *commands, struct changeset *cs,
			struct err *e)
{
	static const struct state_list none;
	const struct state_list *had =
		from->present ? &from->interface.addresses : &none;
	const struct state_list *want =
		to->present ? &to->interface.addresses : &none;
	buf_auto text = BUF_INIT;

	buf_puts(&text, "set -e\n");
	if (!put_gone(to->name, had, want, &text, e))
		return false;
	buf_puts(&text, commands);
	if (!put_new(to->name, had, want, &text, e))
		return false;
	changeset_add(cs, false, "shell", buf_str(&text));
	return true;
}
