/*
 * rules.h: the rules of /on at work: what an event starts.  The events of one rule are taken one after the other, in
 * their order; what of a rule runs has LIMIT_RULE_TIME, begins LIMIT_RULE_RATE times in ten seconds at most, and
 * LIMIT_RULE_WAITING events wait.  What is passed over and what fails is told, once a minute for each rule.
 */
#ifndef CORE_RULES_H
#define CORE_RULES_H

#include "core/core.h"

struct rules;

struct rules *rules_new(struct core *);
/* After the jobs and before the bus. */
void	 rules_free(struct rules *);

#endif
