"""Python objects that recycle themselves.

Decorate a class with `poolable`, make it with `PooledMeta`, or use a container from `pooled.containers`. When the last
reference to an object goes, the object is emptied and parked, and the next construction reuses it.
"""

from pooled import instrument as instrument
from pooled._config import ConfigurationError, configure
from pooled._debug.warnings import DirtyWarning
from pooled._engine import name as engine
from pooled._plan.field_reset import FieldReset, FieldResets, field_reset
from pooled._plan.plan import Poolable
from pooled._policy import Policy
from pooled._pool.bulk import clear, prune
from pooled._pool.class_pool import pool_of
from pooled._pool.decorate import PooledABCMeta, PooledMeta, poolable
from pooled._pool.functions import assign, detach, orphan, take, try_take
from pooled._pool.pools import GlobalPool, LocalPool, Pool
from pooled._pool.trimming import trim
from pooled._report.live import Live, live
from pooled._report.report import report
from pooled._report.sampling import Sample, Sampling, sample
from pooled._report.stats import AllStats, EngineInfo, engine_info, stats
from pooled._stats import Stats

__all__ = [
    "AllStats",
    "ConfigurationError",
    "DirtyWarning",
    "EngineInfo",
    "FieldReset",
    "FieldResets",
    "GlobalPool",
    "Live",
    "LocalPool",
    "Policy",
    "Pool",
    "Poolable",
    "PooledABCMeta",
    "PooledMeta",
    "Sample",
    "Sampling",
    "Stats",
    "assign",
    "clear",
    "configure",
    "detach",
    "engine",
    "engine_info",
    "field_reset",
    "instrument",
    "live",
    "orphan",
    "pool_of",
    "poolable",
    "prune",
    "report",
    "sample",
    "stats",
    "take",
    "trim",
    "try_take",
]

__version__ = "0.1.0"
