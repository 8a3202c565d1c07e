/* By name: how fields are emptied and filled that are in a dict, or of which not all are known to have a place among the
   values of their object. It is the long way, for an object whose dict somebody has looked at, and for the first objects of
   a class. */

#ifndef POOLED_FIELDS_SLOW_H
#define POOLED_FIELDS_SLOW_H

#include "base/compat.h"
#include "object/fields.h"

/* What `fields_empty`, `fields_make_ready` (but for having the object seen) and `fields_track_parts` do. */
Outcome fields_slow_empty(Fields *fields, PoolStore *store, PyObject *self);
bool fields_slow_make_ready(Fields *fields, PyObject *self, PyObject *const *given, PyObject *keywords);
void fields_slow_track_parts(Fields *fields, PyObject *self);

/* What fields.c has for this. */

/* Whether a slot is that of a field. */
bool is_field_slot(const Fields *fields, Py_ssize_t offset);

/* Have the values say which of them are set, in the order of the fields; no others are. */
void put_in_order(const Fields *fields, const CompatValues *values);

/* Empty what is at the place of a part, or let go of it. */
Outcome empty_part(Fields *fields, Field *field, PoolStore *store, PyObject **place);

/* Have what is at the place of a field be what it has to be, if that is known. False with an exception set. */
bool field_make_ready(const Field *field, PyObject **place);

/* Whether a slot is that of a field. */
bool is_field_slot(const Fields *fields, Py_ssize_t offset);

/* The field that is given by a keyword, or NULL. */
Field *field_by_keyword(const Fields *fields, PyObject *keyword);

#endif
