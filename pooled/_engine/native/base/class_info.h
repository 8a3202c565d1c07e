/* Class information: an object that a class owns, outside its dictionary.

   It is in `tp_cache`, which CPython no longer uses, but still visits when the collector traverses a class, and releases
   when the class is freed. So a class, its pool and their store can be collected together. `class_info_probe` verifies
   that at import. */

#ifndef POOLED_CLASS_INFO_H
#define POOLED_CLASS_INFO_H

#include "base/compat.h"

/* The object, or None; borrowed. */
PyObject *class_info(PyTypeObject *type);

/* Store the object, for good. False with TypeError set where the class cannot own one, or owns one already. */
bool class_info_set(PyTypeObject *type, PyObject *info);

/* Whether CPython treats `tp_cache` as described above. */
bool class_info_probe(void);

#endif
