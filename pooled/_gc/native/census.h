/* A census: counts the objects of the youngest generation by type. */

#ifndef POOLED_GC_CENSUS_H
#define POOLED_GC_CENSUS_H

#include "recorder.h"

/* Add a census to the types of a recorder. If it fails, it is skipped. */
void census_take(Recorder *recorder);

#endif
