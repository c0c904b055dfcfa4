/*
 * xml.h - the XML that libvirt prints, as a tree
 *
 * Elements, attributes, text, comments, CDATA and the predefined entities.  No
 * DTD and no external anything: a document type is refused.
 *
 * Ownership: the tree owns everything below it; xml_free() takes NULL.
 */
#ifndef CUTOVER_ADAPTERS_LIBVIRT_XML_H
#define CUTOVER_ADAPTERS_LIBVIRT_XML_H

#include "orchestrator/base/buf.h"
#include "orchestrator/base/err.h"

struct xml_attr {
	char *name, *value;
};

struct xml {
	char *name;
	struct xml_attr *attrs; /* sorted by name */
	size_t n_attrs, cap_attrs;
	struct xml **v; /* child elements, in order */
	size_t n, cap;
	struct buf text; /* all text directly inside, trimmed */
};

#define xml_auto __attribute__((cleanup(xml_cleanup))) struct xml

struct xml *xml_parse(const char *text, struct err *e);
void xml_free(struct xml *x);

static inline void xml_cleanup(struct xml **x)
{
	xml_free(*x);
}

/* All of these take NULL for x. */
const char *xml_attr(const struct xml *x, const char *name); /* or NULL */
const struct xml *xml_child(const struct xml *x, const char *name);
const char *xml_text(const struct xml *x); /* or NULL when empty */
/* The text of a child, or NULL. */
const char *xml_child_text(const struct xml *x, const char *name);
const char *xml_child_attr(const struct xml *x, const char *child,
			   const char *name);

/*
 * One text for all documents that mean the same: attributes sorted, no
 * comments, no white space between elements, attributes that `skip` names
 * left out.
 */
void xml_canonical(const struct xml *x, const char *skip, struct buf *out);

#endif
