"""Python objects that recycle themselves.

Decorate a class with `poolable`, give it the metaclass `PooledMeta`, or use a container from `pooled.containers`. When
the last reference to an object is dropped, the object is emptied and parked. The next construction reuses it.
"""

import sys as _sys
from typing import TYPE_CHECKING

from pooled import _config
from pooled._config import ConfigurationError, configure
from pooled._engine import name as engine
from pooled._plan.hooks import Poolable, SupportsCapacity, SupportsReset
from pooled._policy import Policy
from pooled._pool.class_pool import pool_of
from pooled._pool.decorate import PooledABCMeta, PooledMeta, poolable
from pooled._pool.functions import assign, detach, insert, orphan, take, try_take
from pooled._pool.pools import GlobalPool, LocalPool, Pool
from pooled._pool.trimming import trim
from pooled._stats import Constructions, Stats

if TYPE_CHECKING:
    from pooled import instrument as instrument
    from pooled._debug.warnings import DirtyWarning
    from pooled._deprecation import PooledDeprecationWarning
    from pooled._gc.frozen import freeze
    from pooled._gc.pauses import GcPauses, GcRecording, record_gc
    from pooled._plan.field_reset import FieldReset, FieldResets, field_reset
    from pooled._pool.bulk import clear, prune
    from pooled._pool.switch import disable, enable
    from pooled._report.live import Live, live
    from pooled._report.report import report
    from pooled._report.sampling import Sample, Sampling, sample
    from pooled._report.stats import AllStats, EngineInfo, engine_info, stats

__all__ = [
    "AllStats",
    "ConfigurationError",
    "Constructions",
    "DirtyWarning",
    "EngineInfo",
    "FieldReset",
    "FieldResets",
    "GcPauses",
    "GcRecording",
    "GlobalPool",
    "Live",
    "LocalPool",
    "Policy",
    "Pool",
    "Poolable",
    "PooledABCMeta",
    "PooledDeprecationWarning",
    "PooledMeta",
    "Sample",
    "Sampling",
    "Stats",
    "SupportsCapacity",
    "SupportsReset",
    "assign",
    "clear",
    "configure",
    "detach",
    "disable",
    "enable",
    "engine",
    "engine_info",
    "field_reset",
    "freeze",
    "insert",
    "instrument",
    "live",
    "orphan",
    "pool_of",
    "poolable",
    "prune",
    "record_gc",
    "report",
    "sample",
    "stats",
    "take",
    "trim",
    "try_take",
]

__version__ = "0.2.0"

_LOADED_WHEN_USED = {
    "AllStats": "pooled._report.stats",
    "DirtyWarning": "pooled._debug.warnings",
    "EngineInfo": "pooled._report.stats",
    "FieldReset": "pooled._plan.field_reset",
    "FieldResets": "pooled._plan.field_reset",
    "GcPauses": "pooled._gc.pauses",
    "GcRecording": "pooled._gc.pauses",
    "Live": "pooled._report.live",
    "PooledDeprecationWarning": "pooled._deprecation",
    "Sample": "pooled._report.sampling",
    "Sampling": "pooled._report.sampling",
    "clear": "pooled._pool.bulk",
    "disable": "pooled._pool.switch",
    "enable": "pooled._pool.switch",
    "engine_info": "pooled._report.stats",
    "field_reset": "pooled._plan.field_reset",
    "freeze": "pooled._gc.frozen",
    "instrument": "pooled.instrument",
    "live": "pooled._report.live",
    "prune": "pooled._pool.bulk",
    "record_gc": "pooled._gc.pauses",
    "report": "pooled._report.report",
    "sample": "pooled._report.sampling",
    "stats": "pooled._report.stats",
}
"""The modules of the public names that constructing and dropping objects does not need."""

if not TYPE_CHECKING:  # a type checker would else accept any name

    def __getattr__(name):  # noqa: ANN001, ANN202 (no type checker reads it)
        module = _LOADED_WHEN_USED.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # here, since most programs use none of these names

        loaded = import_module(module)
        value = globals()[name] = loaded if name == "instrument" else getattr(loaded, name)
        return value

    def __dir__():  # noqa: ANN202 (the same)
        return sorted({*globals(), *__all__})


def _set_collector() -> None:
    """Apply the configured settings of the garbage collector, if there are or were any."""
    if _config.current.gc is not None or "pooled._gc.settings" in _sys.modules:
        from pooled._gc import settings  # here, since few programs set it

        settings.apply()


_config.when_configured.append(_set_collector)
_set_collector()

if _config.current.names_classes:
    from pooled._instrument import unmatched as _unmatched

    _unmatched.warn_at_exit()

if _config.current.numpy is not None:
    from pooled._instrument import array_hook as _array_hook

    _array_hook.serve_when_imported(_config.current.numpy, warn=True)

if _config.current.instrument:
    from pooled import instrument as instrument  # it makes the configured classes poolable
