/*
 * privacy.h: what contacts are told of us without a word typed: receipts, markers, typing.  What holds is what was said
 * of the chat, else of the account, else the setting; and to who does not see us (core/roster.h) nothing of it is told.
 */
#ifndef CORE_PRIVACY_H
#define CORE_PRIVACY_H

#include "core/account.h"
#include "core/setting.h"

enum privacy { PRIVACY_DEFAULT, PRIVACY_ON, PRIVACY_OFF };

/* which: SETTING_PRIVACY_RECEIPTS, _MARKERS, _TYPING.  What was said of this chat; jid NULL: of the account. */
enum privacy privacy_said(const struct account *, const char *jid, enum setting which);
bool	 privacy_say(struct account *, const char *jid, enum setting which, enum privacy, GError **error);
/* Whether this contact is told. */
bool	 privacy_tells(const struct account *, const char *jid, enum setting which);

#endif
