/* fuzz.h: one function per target, as libFuzzer wants it; replay.c calls the same one with the files of the corpus. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* What must never happen ends the process (g_assert); the result is always 0. */
int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
