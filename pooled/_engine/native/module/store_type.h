/* The class Store of the module: Store(hook, *, reset, capacity, report, measures, is_local). `set_fields` sets the rest. */

#ifndef POOLED_STORE_TYPE_H
#define POOLED_STORE_TYPE_H

#include "base/compat.h"

extern PyType_Spec store_spec;

#endif
