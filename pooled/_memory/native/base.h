/* What every file of this extension needs. It uses the public API of Python only. */

#ifndef POOLED_ARRAYS_BASE_H
#define POOLED_ARRAYS_BASE_H

#define _GNU_SOURCE /* madvise, mincore, MAP_ANONYMOUS */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(Py_GIL_DISABLED)
enum { HAS_GIL = 0 };
#else
enum { HAS_GIL = 1 };
#endif

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define COLD __attribute__((noinline, cold))

#endif
