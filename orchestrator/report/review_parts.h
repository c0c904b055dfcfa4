/*
 * review_parts.h - the sections that review_write() is made of
 */
#ifndef CUTOVER_REPORT_REVIEW_PARTS_H
#define CUTOVER_REPORT_REVIEW_PARTS_H

#include "orchestrator/report/review.h"

/* review_tables.c */
void review_write_times(const struct review *r, struct writer *w);
void review_write_pairs(const struct review *r, struct writer *w);
void review_write_failures(const struct review *r, struct writer *w);
void review_write_budgets(const struct review *r, struct writer *w);
/* review_words.c */
void review_write_approvals(const struct review *r, struct writer *w);
void review_write_unchanged(const struct review *r, struct writer *w);
void review_write_assumed(const struct review *r, struct writer *w);
void review_write_measured(const struct review *r, struct writer *w);

#endif
