#include "pool/pool_checks.h"

#ifdef POOLED_CHECKS

#include "base/attrs.h"
#include "base/gc_track.h"

enum {
    SAMPLE = 8,             /* the number of topmost parked objects that are checked */
    UNCOUNTED_LATER = 1024, /* objects that count as misses while they are made, each nested in another */
};

void
pool_check_parked(const PoolStore *store, PyObject *self)
{
    CHECK(Py_REFCNT(self) == 0);
    CHECK(Py_TYPE(self) == store->hook->type);
    CHECK(!PyObject_IS_GC(self) || !gc_is_tracked(self));
    CHECK(!has_weakrefs(self));
}

void
pool_check_freelist(const Freelist *freelist)
{
    bool is_front = freelist_is_front(freelist);
    CHECK(0 <= freelist->count && freelist->count <= freelist->room);
    CHECK(0 <= freelist->low && freelist->low <= freelist->count);
    CHECK(freelist->room == 0 ? is_front || freelist->objects == NULL : freelist->objects != NULL);
    if (freelist->heir != NULL) {
        CHECK(freelist->heir->heir == NULL && freelist->heir->store == freelist->store);
        CHECK(is_front ? !freelist->follows : freelist->heir->follows == freelist->follows);
    }
#if COMPAT_FREE_THREADED
    CHECK(freelist->is_depot ? freelist->count + freelist->claimed <= freelist->room : freelist->claimed == 0);
#endif
    /* A freelist that follows the load never makes more room than there were misses and insertions, except where max was a
       number before. */
    uint64_t came = freelist->counts[MISS] + freelist->counts[INSERTED];
    CHECK(!freelist->follows || (int64_t)(came - freelist->credited) >= -UNCOUNTED_LATER);
    if (freelist->store != NULL) {
        CHECK(freelist->trimmed <= freelist->store->trimmings);
        for (Py_ssize_t i = freelist->count; --i >= 0 && i >= freelist->count - SAMPLE;) {
            pool_check_parked(freelist->store, freelist->objects[i]);
        }
    }
}

void
pool_check_counts(const Freelist *sum)
{
    int64_t live = (int64_t)(sum->counts[HIT] + sum->counts[MISS] + sum->counts[INSERTED]);
    for (int outcome = FIRST_END; outcome < OUTCOMES; outcome++) {
        live -= (int64_t)sum->counts[outcome];
    }
    CHECK(live >= -UNCOUNTED_LATER);
}

void
pool_check_overrides(Overrides *overrides)
{
    lock_acquire(&overrides->lock);
    size_t size = overrides->slots == NULL ? 0 : overrides->mask + 1;
    Py_ssize_t used = 0;
    CHECK((size & (size - 1)) == 0);
    CHECK((size_t)overrides->used * 3 <= size * 2);
    for (size_t i = 0; size <= 1024 && i < size; i++) {
        if (overrides->slots[i].object != NULL) {
            CHECK(overrides->slots[i].store != NULL);
            CHECK(overrides->slots[i].disposition <= UNCOUNTED);
            used++;
        }
    }
    CHECK(size > 1024 || used == overrides->used);
    lock_release(&overrides->lock);
}

void
pool_check_hook(const Hook *hook)
{
    CHECK((hook_mask & (hook_mask + 1)) == 0);
    CHECK(((size_t)1 << (64 - hook_shift)) == hook_mask + 1);
    CHECK(hook->own_store == NULL || hook->own_store->hook == hook);
    CHECK(hook->own_store == NULL || hook_of(hook->type) == hook);
    CHECK(hook->has_dict == (hook->type->tp_dictoffset != 0));
}

static void
check_strategy(const PoolStore *store)
{
    CHECK((store->strategy == STRATEGY_RESET) == (store->reset != NULL));
    CHECK((store->strategy == STRATEGY_FIELDS || store->strategy == STRATEGY_KEEP) == (store->fields != NULL));
    CHECK(store->nested != NULL);
    CHECK(!store->measures || store->hook->container != NULL);
    CHECK(store->blank_calls <= BLANK_CALLS);
}

void
pool_check_store(PoolStore *store)
{
    CHECK(Py_REFCNT(store) >= 0);
    CHECK((store->is_local || COMPAT_FREE_THREADED) == (store->index >= 0));
    CHECK(store->freelist.store == store && store->freelist.heir == NULL);
    CHECK(!store->is_local || store->freelist.count == 0);
    check_strategy(store);
    pool_check_hook(store->hook);
    pool_check_overrides(&store->hook->overrides);
    if (!store->is_local) {
        lock_acquire(&store->freelist.lock);
        pool_check_freelist(&store->freelist);
        lock_release(&store->freelist.lock);
    }
    Freelist *freelist = store_freelist(store);
    if (freelist != NULL && freelist != &store->freelist) {
        CHECK(freelist->store == store && freelist->heir == &store->freelist);
        pool_check_freelist(freelist);
    }
}

void
pool_check_thread(void)
{
    const ThreadState *state = this_thread.state;
    CHECK((state == NULL) == (this_thread.thread == 0));
    CHECK(this_thread.depth >= 0 && this_thread.held >= 0);
    CHECK(this_thread.waiting.count <= this_thread.waiting.room);
    if (state != NULL) {
        CHECK(state->thread == this_thread.thread);
        CHECK(state->held == &this_thread.held);
        for (Py_ssize_t i = 0; i < state->count && i < SAMPLE; i++) {
            CHECK(state->freelists[i] == NULL || state->freelists[i]->store->index == i);
        }
    }
}

#else
typedef int pool_checks_are_off;
#endif
