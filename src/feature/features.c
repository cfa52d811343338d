/* features.c: features.def as the array that core/feature.h declares. */
#include "core/feature.h"

#define FEATURE(name) extern const struct feature feature_##name;
#include "feature/features.def"
#undef FEATURE

const struct feature *const features[] = {
#define FEATURE(name) &feature_##name,
#include "feature/features.def"
#undef FEATURE
	NULL
};
