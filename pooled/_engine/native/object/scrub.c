#include "object/scrub.h"

Outcome
scrub_object(PoolStore *store, PyObject *self)
{
    Hook *hook = store->hook;
    if (hook->container != NULL && UNLIKELY(!hook->container->empty(hook->container, self, &store->sparse))) {
        return DISCARDED_ERROR;
    }
    scrub_attributes(hook, self);
    return RECYCLED;
}

static bool
nested_needs_no_init(const PoolStore *store)
{
    return container_needs_no_init(store->hook->type, store->hook->base);
}

static bool
nested_make_ready(PoolStore *Py_UNUSED(store), PyObject *Py_UNUSED(self))
{
    return true;
}

const NestedOps scrub_nested = {nested_needs_no_init, scrub_object, nested_make_ready};
