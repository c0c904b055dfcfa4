/*
 * yaml.h - YAML text to a tree of nodes
 *
 * A plan is data, so only the data part of YAML is taken: one document, UTF-8,
 * no anchors, aliases or tags, bounded in size and depth.
 */
#ifndef CUTOVER_PLAN_YAML_H
#define CUTOVER_PLAN_YAML_H

#include "orchestrator/plan/node.h"

#define YAML_MAX_BYTES (64u * 1024 * 1024)
#define YAML_MAX_DEPTH 32
#define YAML_MAX_KEYS 256 /* in one map */

/*
 * The tree, or NULL when there is none to work with.  Whatever is wrong is
 * among the diagnostics; a tree may come back although there were errors.
 */
struct node *yaml_read(const struct source *src, struct diag_list *diags);

#endif
