/* attempts.c: see attempts.h. */
#include "core/attempts.h"

#include "base/clock.h"

/* A server with eight names of eight addresses makes so many steps; more are counted only. */
enum { KEPT = 3, STEPS = 200 };

struct attempts {
	GPtrArray	*all;
};

static void
step_clear(void *step)
{
	g_free(((struct attempt_step *)step)->text);
}

static void
attempt_free(void *data)
{
	struct attempt *attempt = data;

	g_array_unref(attempt->steps);
	g_free(attempt);
}

struct attempts *
attempts_new(void)
{
	struct attempts *attempts = g_new0(struct attempts, 1);

	attempts->all = g_ptr_array_new_with_free_func(attempt_free);
	return attempts;
}

void
attempts_free(struct attempts *attempts)
{
	g_ptr_array_unref(attempts->all);
	g_free(attempts);
}

void
attempts_begin(struct attempts *attempts)
{
	struct attempt *attempt = g_new0(struct attempt, 1);

	attempt->steps = g_array_new(FALSE, FALSE, sizeof(struct attempt_step));
	g_array_set_clear_func(attempt->steps, step_clear);
	if (attempts->all->len == KEPT)
		g_ptr_array_remove_index(attempts->all, 0);
	g_ptr_array_add(attempts->all, attempt);
}

void
attempts_step(struct attempts *attempts, const char *text)
{
	struct attempt *last = attempts->all->len > 0 ? attempts->all->pdata[attempts->all->len - 1] : NULL;
	struct attempt_step step = { clock_real_us() / 1000, NULL };

	if (last == NULL)
		return;
	if (last->steps->len == STEPS) {
		last->untold++;
		return;
	}
	step.text = g_strdup(text);
	g_array_append_val(last->steps, step);
}

const struct attempt *
attempts_get(const struct attempts *attempts, guint i)
{
	return i < attempts->all->len ? attempts->all->pdata[i] : NULL;
}
