/* term_probe.c: see term_probe.h. */
#include "face/tui/term_probe.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#define WIDTH_OF(cluster) "\033[2;1H" cluster "\033[6n"

enum { UTF_8, AMBIGUOUS, FAMILY, TONE, HEART, FLAG };

const char term_probe_questions[] =
    WIDTH_OF("\xc4\x85")			/* one column in UTF-8, two bytes anywhere else */
    WIDTH_OF("│")
    WIDTH_OF("\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466")
    WIDTH_OF("\U0001F44D\U0001F3FD")
    WIDTH_OF("\u2764\uFE0F")
    WIDTH_OF("\U0001F1E9\U0001F1EA")
    "\033[2;1H\033[K\033[H"
    "\033[?2026$p"
    "\033[c";

static void
take_width(struct term_probe *probe, int question, int width)
{
	struct text_policy *policy = &probe->policy;

	switch (question) {
	case UTF_8:
		policy->ascii = width > 1;
		break;
	case AMBIGUOUS:
		policy->ambiguous_wide = width == 2;
		break;
	case FAMILY:
		policy->zwj_joins = width == 2;
		break;
	case TONE:
		policy->tone_joins = width == 2;
		break;
	case HEART:
		policy->vs16_wide = width == 2;
		break;
	case FLAG:
		/* Two columns alone may be two letters in boxes; who joins families draws flags. */
		policy->ri_pairs = width == 2 && policy->zwj_joins;
		break;
	default:
		break;
	}
}

bool
term_probe_answer(struct term_probe *probe, const struct key_token *token)
{
	int row, column, mode;
	char end;

	if (probe->done)
		return false;
	if (sscanf(token->bytes, "\033[%4d;%4d%c", &row, &column, &end) == 3 && end == 'R') {
		if (row == 2)
			take_width(probe, probe->positions, column - 1);
		probe->positions++;
	} else if (sscanf(token->bytes, "\033[?2026;%d$%c", &mode, &end) == 2 && end == 'y') {
		probe->synchronized = mode >= 1 && mode <= 3;
	} else if (g_str_has_prefix(token->bytes, "\033[?") && token->bytes[token->len - 1] == 'c') {
		probe->done = true;
	}
	return probe->done;
}

const char term_probe_background[] = "\033]11;?\a";

int
term_probe_is_light(const struct key_token *token)
{
	static const unsigned weight[] = { 30, 59, 11 };
	const char *at = token->bytes + strlen("\033]11;rgb:");
	unsigned sum = 0;

	if (!g_str_has_prefix(token->bytes, "\033]11;rgb:"))
		return -1;
	/* One to four digits of each part; the first one says enough. */
	for (int i = 0; i < 3; i++) {
		int digit = g_ascii_xdigit_value(*at);
		size_t n = strspn(at, "0123456789abcdefABCDEF");

		if (n < 1 || n > 4 || (i < 2 && at[n] != '/'))
			return -1;
		sum += weight[i] * (unsigned)digit;
		at += n + 1;
	}
	return sum > 100 * 15 / 2;
}
