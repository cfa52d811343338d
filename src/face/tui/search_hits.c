/* search_hits.c: what a search brought: the messages, what was said around each, and where the words stand. */
#include "face/tui/search_private.h"

static void
entry_free(void *data)
{
	struct entry *entry = data;

	event_clear(&entry->event);
	g_free(entry);
}

static void
hit_free(void *data)
{
	struct hit *hit = data;

	event_clear(&hit->entry.event);
	g_array_unref(hit->found);
	g_ptr_array_unref(hit->around);
	g_free(hit);
}
struct hit *
search_hit(const struct face *face, int64_t id)
{
	for (guint i = 0; face->search.hits != NULL && i < face->search.hits->len; i++) {
		struct hit *hit = face->search.hits->pdata[i];

		if (hit->entry.id == id)
			return hit;
	}
	return NULL;
}
static bool
take_entry(struct entry *entry, const json_t *object)
{
	if (!event_from_json(object, &entry->event))
		return false;
	if (entry->event.type != EVENT_message) {
		event_clear(&entry->event);
		return false;
	}
	entry->kind = ENTRY_MESSAGE;
	entry->id = entry->event.message.id;
	entry->order = entry->event.message.order;
	entry->time = entry->event.message.said;
	/* What is shown of it is cut here, and not folded. */
	entry->unfolded = 1;
	entry->event.message.cut = false;
	return true;
}

void
search_add_around(struct hit *hit, const json_t *object)
{
	struct entry *entry = g_new0(struct entry, 1);
	guint at = 0;

	if (object == NULL || !take_entry(entry, object)) {
		g_free(entry);
		return;
	}
	while (at < hit->around->len && ((struct entry *)hit->around->pdata[at])->order < entry->order)
		at++;
	g_ptr_array_insert(hit->around, (int)at, entry);
}

static void
take_hit(struct face *face, const json_t *object, GHashTable *others)
{
	struct hit *hit = g_new0(struct hit, 1);
	const char *const sides[] = { "previous", "next" };
	const json_t *pair;
	size_t i;

	if (!take_entry(&hit->entry, object)) {
		g_free(hit);
		return;
	}
	hit->context = 1;
	hit->found = g_array_new(FALSE, FALSE, sizeof(size_t));
	hit->around = g_ptr_array_new_with_free_func(entry_free);
	json_array_foreach(json_object_get(object, "found"), i, pair)
		for (size_t k = 0; k < 2; k++) {
			size_t place = (size_t)MAX(0, json_integer_value(json_array_get(pair, k)));

			g_array_append_val(hit->found, place);
		}
	for (i = 0; i < G_N_ELEMENTS(sides); i++) {
		int64_t id = json_integer_value(json_object_get(object, sides[i]));

		search_add_around(hit, g_hash_table_lookup(others, &id));
	}
	g_ptr_array_add(face->search.hits, hit);
}

void
search_take_hits(struct face *face, const json_t *result)
{
	g_autoptr(GHashTable) others = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	const char *const lists[] = { "messages", "context" };
	json_t *object;
	size_t i;

	for (size_t k = 0; k < G_N_ELEMENTS(lists); k++)
		json_array_foreach(json_object_get(result, lists[k]), i, object) {
			int64_t id = json_integer_value(json_object_get(object, "id"));

			g_hash_table_insert(others, g_memdup2(&id, sizeof id), object);
		}
	json_array_foreach(json_object_get(result, "messages"), i, object)
		take_hit(face, object, others);
}

void
search_forget(struct search *search)
{
	if (search->hits == NULL)
		search->hits = g_ptr_array_new_with_free_func(hit_free);
	g_ptr_array_set_size(search->hits, 0);
	json_decref(search->holes);
	search->holes = NULL;
	search->more = search->partial = false;
	search->from = 0;
	g_clear_pointer(&search->error, g_free);
}
