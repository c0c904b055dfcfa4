/*
 * html_style.h - how the HTML form looks
 */
#ifndef CUTOVER_REPORT_HTML_STYLE_H
#define CUTOVER_REPORT_HTML_STYLE_H

#include "orchestrator/base/buf.h"

extern const char html_style[];

/* For text between tags and in attributes. */
void html_escape(const char *text, struct buf *out);

#endif
