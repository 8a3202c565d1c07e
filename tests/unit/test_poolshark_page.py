"""The page on poolshark has a row and an example for each public item of that crate; test_docs.py runs the examples."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parent.parent.parent / "docs" / "explanation" / "poolshark.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.*?) \| .* \|$", PAGE, re.MULTILINE)
COMMENTS = " ".join(re.findall(r"^# (.*)$", PAGE, re.MULTILINE))

FUNCTIONS = "clear clear_type get_size set_size take take_sz"
ITEMS = [
    *("Discriminant", "LocationId", "location_id!", "Poolable", "RawPoolable", "IsoPoolable"),
    *(f"Poolable::{name}" for name in ("empty", "reset", "capacity", "really_dropped")),
    *("RawPoolable::really_drop", "IsoPoolable::DISCRIMINANT"),
    *(f"local::{name}" for name in f"{FUNCTIONS} insert insert_raw insert_raw_sz insert_sz".split()),
    *(f"LPooled::{name}" for name in ("take", "take_sz", "detach")),
    *(f"global::{name}" for name in f"{FUNCTIONS} take_any pool pool_any pool_sz Pool".split()),
    *(f"RawPool::{name}" for name in ("new", "take", "try_take", "insert", "prune", "downgrade")),
    *(f"GPooled::{name}" for name in ("take", "take_sz", "orphan", "assign", "detach")),
    *("WeakPool", "WeakPool::new", "WeakPool::upgrade"),
    *(f"Arc::{name}" for name in ("new", "clone", "get_mut", "make_mut", "strong_count", "weak_count")),
    *("Arc::downgrade", "Arc::as_ptr"),
    *("TArc::is_unique", "Weak::upgrade", "Weak::strong_count", "Weak::weak_count"),
    *("Vec", "VecDeque", "HashMap", "AHashMap", "HashSet", "AHashSet", "String", "Option", "IndexMap", "IndexSet"),
    *("Serialize", "Deserialize"),
]
"""The items in the crate's "List of all items", their methods, and the types for which it implements its traits."""


@pytest.mark.parametrize("item", ITEMS)
def test_it_has_a_row_and_an_example(item):
    assert any(f"`{item}`" in row or f"`{item}<T>`" in row for row in ROWS)
    assert re.search(rf"(?<![\w:]){re.escape(item)}(?!\w|::)", COMMENTS)
