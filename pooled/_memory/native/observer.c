#include "observer.h"

static bool
is_pooled(const Observer *observer, size_t size)
{
    return size >= observer->min_bytes && size <= observer->max_bytes;
}

void
observer_taken(Observer *observer, size_t size)
{
    if (size < observer->min_bytes) {
        return;
    }
    unsigned size_class = is_pooled(observer, size) ? size_class_of(size) : 0;
    pthread_mutex_lock(&observer->lock);
    observer->arrays++;
    observer->bytes += size;
    if (size_class != 0 && observer->parked[size_class] != 0) {
        observer->parked[size_class]--;
        observer->parked_bytes -= size_class_bytes(size_class);
        observer->served_bytes += size;
    }
    pthread_mutex_unlock(&observer->lock);
}

void
observer_returned(Observer *observer, size_t size)
{
    unsigned size_class = is_pooled(observer, size) ? size_class_of(size) : 0;
    if (size_class == 0) {
        return;
    }
    size_t bytes = size_class_bytes(size_class);
    pthread_mutex_lock(&observer->lock);
    for (unsigned i = 1; i < SIZE_CLASSES && observer->parked_bytes + bytes > observer->max_bytes; i++) {
        if (observer->parked[i] != 0 && i != size_class) {
            observer->parked_bytes -= size_class_bytes(i) * observer->parked[i];
            observer->parked[i] = 0;
        }
    }
    if (observer->parked_bytes + bytes <= observer->max_bytes) {
        observer->parked_bytes += bytes;
        observer->parked[size_class]++;
    }
    pthread_mutex_unlock(&observer->lock);
}
