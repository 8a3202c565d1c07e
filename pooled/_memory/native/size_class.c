#include "size_class.h"

size_t unit_size;
