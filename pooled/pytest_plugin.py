"""The pytest plugin: it is there wherever the package is installed, and does nothing until it is asked for.

- `@pytest.mark.pooled(no_escapes=True, max_live=0)` fails a test that lets pooled objects escape, or leaves more of
  those that it took alive than that. In debug mode (`POOLED_DEBUG=1`) the failure says where they were taken.
- The fixture `empty_pools` has a test begin and end with nothing parked; with `pooled_empty_pools = true` in pytest's
  configuration every test does.
- `--pooled-report` prints what the pools did at the end of the run; with pytest-xdist, each worker's.

A test that fails for another reason is not looked at: what its traceback keeps alive is not its fault.
"""

from __future__ import annotations

import gc
import time
from typing import Any

import attrs
import pytest

import pooled
from pooled import _config
from pooled._pools import all_pools

__all__ = ["Expected", "Watch"]


@attrs.frozen(kw_only=True)
class Expected:
    """What a test promises of pooled objects.

    Attributes:
        no_escapes: that none escapes: whatever it drops, nobody else still has.
        max_live: that of those it takes no more than so many are alive at its end; None: any number may be.
    """

    no_escapes: bool = True
    max_live: int | None = None

    @classmethod
    def of(cls, mark: pytest.Mark) -> Expected:
        """What a marker says.

        Raises:
            pytest.UsageError: it says something else.
        """
        unknown = sorted(mark.kwargs.keys() - {"no_escapes", "max_live"})
        if mark.args or unknown:
            said = ", ".join([*map(repr, mark.args), *unknown])
            raise pytest.UsageError(f"@pytest.mark.pooled({said}): expected no_escapes=True or max_live=N")
        no_escapes, max_live = mark.kwargs.get("no_escapes", True), mark.kwargs.get("max_live")
        if not isinstance(no_escapes, bool):
            raise pytest.UsageError(f"@pytest.mark.pooled(no_escapes={no_escapes!r}): expected True or False")
        if max_live is not None and (isinstance(max_live, bool) or not isinstance(max_live, int) or max_live < 0):
            raise pytest.UsageError(f"@pytest.mark.pooled(max_live={max_live!r}): expected 0 or more")
        return cls(no_escapes=no_escapes, max_live=max_live)


class Watch:
    """What the pools had done when a test began, to compare with. Costs two full collections."""

    def __init__(self) -> None:
        gc.collect()
        self._before = pooled.stats()
        self._since = time.monotonic()

    def faults(self, expected: Expected) -> list[str]:
        """What is not as it was promised, each in some lines."""
        gc.collect()
        now = pooled.stats()
        found = []
        escaped = self._more(now, "escaped")
        if expected.no_escapes and escaped:
            found.append(
                f"{_listed(escaped)} escaped: somebody still had them when they were dropped\n{self._escapes()}"
            )
        live = self._more(now, "live")
        if expected.max_live is not None and sum(live.values()) > expected.max_live:
            found.append(f"{_listed(live)} still alive, where at most {expected.max_live} may be\n{self._places()}")
        return [fault.rstrip() for fault in found]

    def _more(self, now: pooled.AllStats, what: str) -> dict[str, int]:
        """How many more there are than before, by the pools that have any."""
        nothing = pooled.Stats()
        more = {
            name: getattr(stats, what) - getattr(self._before.get(name, nothing), what) for name, stats in now.items()
        }
        return {name: count for name, count in more.items() if count > 0}

    def _places(self) -> str:
        if not _config.current.debug:
            return _HINT
        return "\n".join(f"  {life}" for life in pooled.live() if life.since >= self._since)

    def _escapes(self) -> str:
        """Where those were taken that escaped, as far as the collector knows of them."""
        if not _config.current.debug:
            return _HINT
        from pooled._debugging import last  # in debug mode alone

        lives = [(obj.__class__.__qualname__, last[id(obj)]) for obj in gc.get_objects() if id(obj) in last]
        return "\n".join(f"  {name} taken at {life}" for name, life in lives if life.since >= self._since)


_HINT = "  POOLED_DEBUG=1 in the environment of the run says where they were taken"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} of {name}" for name, count in counts.items())


def empty() -> None:
    """Let all that is parked die, in all threads."""
    for pool in all_pools():
        pool._store.keep(0)
    pooled.clear()


def report(config: Any) -> str:
    """What `--pooled-report` prints."""
    del config
    used = {name: stats for name, stats in pooled.stats().items() if stats.taken or stats.parked}
    return str(pooled.AllStats(used)) if used else "nothing came from a pool"
