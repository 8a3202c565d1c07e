#include "paths/install.h"

#include "object/destroy.h"
#include "paths/acquire_call.h"
#include "paths/acquire_container.h"
#include "paths/acquire_planned.h"
#include "paths/alloc.h"
#include "paths/dealloc.h"

void
install_adapt(Hook *hook)
{
    PoolStore *own_store = hook->own_store;
    bool starts_blank = own_store->reset == NULL && own_store->fields == NULL && hook->fits == NULL;
    hook->idle_init = starts_blank ? hook->base->tp_init : NULL;
    hook->type->tp_dealloc = dealloc_for(own_store);
    vectorcallfunc planned = planned_vectorcall_for(own_store);
    ContainerCalls of_container = container_calls_for(hook);
    hook->take = of_container.take;
    hook->type->tp_vectorcall = planned != NULL             ? planned
                                : of_container.call != NULL ? of_container.call
                                                            : call_vectorcall_for(hook->type);
    PyType_Modified(hook->type);
}

typedef struct {
    Hook *hook;
    PoolStore *own_store;
    bool done;
} Installation;

static void
install(void *argument)
{
    Installation *installation = argument;
    Hook *hook = installation->hook;
    PyTypeObject *type = hook->type;
    if (!hook_table_add(hook)) {
        return;
    }
    hook->own_store = installation->own_store;
    hook->alloc = type->tp_alloc;
    type->tp_alloc = alloc_blank;
    if (type->tp_finalize == NULL) {
        type->tp_finalize = destroy_no_finalizer;
    }
    compat_allow_vectorcall(Py_TYPE(type));
    installation->done = true;
}

bool
install_hook(Hook *hook, PoolStore *own_store)
{
    Installation installation = {hook, own_store, false};
    lock_run_exclusive(install, &installation);
    if (!installation.done) {
        PyErr_NoMemory();
        return false;
    }
    install_adapt(hook);
    return true;
}
