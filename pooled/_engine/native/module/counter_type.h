/* The type `ClassCounter`, which counts the objects of one class. */

#ifndef POOLED_COUNTER_TYPE_H
#define POOLED_COUNTER_TYPE_H

#include "base/compat.h"

extern PyType_Spec counter_spec;

#endif
