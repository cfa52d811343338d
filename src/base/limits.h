/* limits.h: limits.def as constants, LIMIT_NAME. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
#define LIMIT(name, value, unit, reason) LIMIT_##name = value,
#include "base/limits.def"
#undef LIMIT
};

#endif
