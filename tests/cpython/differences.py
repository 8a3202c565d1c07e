"""The differences from the builtin types: tests of CPython that are expected to fail, with the reasons.

A listed test must fail, so that the list stays current. The others must pass, unless CPython skips them. The name of a
test is the module and the name that `unittest` uses; `*` matches anything.
"""

import fnmatch
import sys
from collections.abc import Iterable

import attrs
import pytest

EVER = (3, 0), (4, 0)
MODULES = {
    "test_array": "Array",
    "test_binascii": "ByteArray Array",
    "test_bisect": "List",
    "test_builtin": "List Dict Set ByteArray",
    "test_bytes": "ByteArray",
    "test_collections": "Counter OrderedDict DefaultDict Deque",
    "test_contains": "List Dict",
    "test_copy": "List Dict Set Deque ByteArray",
    "test_csv": "List Dict StringIO",
    "test_defaultdict": "DefaultDict",
    "test_deque": "Deque",
    "test_dict": "Dict",
    "test_dictcomps": "Dict",
    "test_dictviews": "Dict",
    "test_enumerate": "List",
    "test_heapq": "List",
    "test_io.test_memoryio": "BytesIO StringIO",  # its place since Python 3.15
    "test_iter": "List Dict",
    "test_iterlen": "List Dict Set Deque",
    "test_itertools": "List",
    "test_list": "List",
    "test_listcomps": "List",
    "test_memoryio": "BytesIO StringIO",
    "test_memoryview": "ByteArray Array BytesIO",
    "test_operator": "List Dict Set",
    "test_ordered_dict": "OrderedDict",
    "test_set": "Set",
    "test_setcomps": "Set",
    "test_sort": "List",
    "test_struct": "ByteArray Array",
    "test_userdict": "Dict",
    "test_userlist": "List",
    "test_weakset": "Set",
}
"""CPython's test modules, with the containers that replace the builtin types in each.

Many inherit test cases from `list_tests`, `mapping_tests`, `seq_tests` and `string_tests`.
"""


@attrs.frozen
class Difference:
    """Tests that fail by design, and the reason. `since` and `before` are versions of Python."""

    reason: str
    tests: tuple[str, ...]
    since: tuple[int, ...] = EVER[0]
    before: tuple[int, ...] = EVER[1]

    def is_here(self) -> bool:
        return self.since <= sys.version_info[:3] < self.before

    def covers(self, test: str) -> bool:
        return any(fnmatch.fnmatchcase(test, pattern) for pattern in self.tests)


SLOW = (
    "test_bytes.*.test_find_periodic_pattern",
    "test_gc.GCTests.test_trashcan_threads",
    "test_itertools.TestBasicOps.test_combinations_with_replacement",
    "test_itertools.TestBasicOps.test_combinatorics",
    "test_itertools.TestBasicOps.test_tee_del_backward",
    "test_set.TestFrozenSet*.test_hash_effectiveness",
    "test_weakref.MappingTestCase.test_threaded_*",
)
"""Tests that take a quarter of the time of all; they run with `--all` only."""


def is_slow(test: str) -> bool:
    return any(fnmatch.fnmatchcase(test, pattern) for pattern in SLOW)


def marks_of(differences: Iterable["Difference"], test: str) -> list[pytest.MarkDecorator]:
    """The markers of a test of CPython."""
    reason = reason_of(differences, test)
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return marks + [pytest.mark.long] * is_slow(test)


def reason_of(differences: Iterable[Difference], test: str) -> str | None:
    """Why the test is expected to fail on this version of Python, or None."""
    return next((each.reason for each in differences if each.is_here() and each.covers(test)), None)


def stale(differences: Iterable[Difference], tests: Iterable[str]) -> list[str]:
    """The patterns for this version of Python that match no test."""
    tests = list(tests)
    patterns = [pattern for each in differences if each.is_here() for pattern in each.tests]
    return [pattern for pattern in patterns if not fnmatch.filter(tests, pattern)]


WITHOUT_POOLING_TOO = (
    Difference(
        "its repr names the class, as that of any subclass of this type does",
        (
            "test_array.*.test_repr",
            "test_array.UnicodeTest.test_unicode",
            "test_defaultdict.TestDefaultDict.test_repr",
            "test_deque.TestBasic.test_maxlen",
            "test_deque.doctest.libreftest",
            "test_set.TestBasicOpsBytes.test_repr",
            "test_set.TestBasicOpsEmpty.test_repr",
            "test_set.TestBasicOpsMixedStringBytes.test_repr",
            "test_set.TestBasicOpsSingleton.test_repr",
            "test_set.TestBasicOpsString.test_repr",
            "test_set.TestBasicOpsTuple.test_repr",
            "test_set.TestSet.test_cyclical_repr",
        ),
    ),
    Difference(
        "its repr names the class, as that of any subclass of this type does",
        ("test_array.UCS4Test.test_unicode",),
        since=(3, 13),
    ),
    Difference(
        "its repr names the class, as that of any subclass of this type does",
        ("test_bytes.AssortedBytesTest.test_repr_str", "test_bytes.AssortedBytesTest.test_to_str"),
        before=(3, 14),
    ),
    Difference(
        "its repr names the class, as that of any subclass of this type does",
        ("test_bytes.AssortedBytesTest.test_bytearray_repr", "test_bytes.AssortedBytesTest.test_bytearray_str"),
        since=(3, 14),
    ),
    Difference(
        "methods of the stock type give objects of that, as for any subclass",
        (
            "test_bytes.ByteArrayTest.test_imod",
            "test_bytes.ByteArrayTest.test_mod",
            "test_bytes.ByteArrayTest.test_translate",
        ),
    ),
    Difference(
        "what the interpreter and `collections` make for themselves is of the stock type",
        ("test_builtin.BuiltinTest.test_dir",),
    ),
    Difference(
        "what the interpreter and `collections` make for themselves is of the stock type",
        ("test_userdict.UserDictTest.test_data", "test_userlist.UserListTest.test_data"),
        since=(3, 14),
    ),
    Difference(
        "+= with a UserList asks the __iadd__ of a subclass of list first, and that of list itself last",
        ("test_userlist.UserListTest.test_mixed_iadd",),
        since=(3, 14),
    ),
    Difference(
        "its docstring is its own",
        ("test_bytes.AssortedBytesTest.test_doc",),
    ),
    *(
        Difference(
            "its docstring is its own", ("test_array.MiscTest.test_typecodes_documented",), since=since, before=before
        )
        for since, before in (((3, 14, 9), (3, 15)), ((3, 15, 1), EVER[1]))
    ),
    Difference(
        "it is not the type that the module `array` has",
        ("test_array.MiscTest.test_array_type_importable",),
        since=(3, 14),
    ),
    Difference(
        "a class written in Python can be changed",
        ("test_array.MiscTest.test_immutable",),
    ),
    Difference(
        "it has a method more: capacity",
        ("test_weakset.TestWeakSet.test_methods",),
    ),
    Difference(
        "its pickle calls the class, so that what is unpickled comes from the pool",
        ("test_array.*.test_reduce_ex",),
    ),
    Difference(
        "C gets an item of a subclass by its __getitem__, which takes negative indexes",
        ("test_bytes.ByteArrayTest.test_sq_item",),
    ),
    Difference(
        "it names the class in a program of its own, which does not import it",
        ("test_bytes.ByteArrayTest.test_check_encoding_errors",),
    ),
    Difference(
        "only the hashes of an exact set are taken over by dict.fromkeys",
        ("test_set.*.test_do_not_rehash_dict_keys",),
    ),
    Difference(
        "the collector tracks every object of a subclass",
        (
            "test_dict.DictTest.test_copy_maintains_tracking",
            "test_dict.DictTest.test_track_dynamic",
            "test_dict.DictTest.test_track_literals",
        ),
        before=(3, 14),
    ),
    Difference(
        "a frozendict is not copied where an empty dict is merged into it, but for an exact dict",
        ("test_dict.FrozenDictTests.test_merge",),
        since=(3, 15),
    ),
    Difference(
        "it counts the bytes of an empty bytearray, which has no room yet, as clear() leaves it; ours may have some",
        ("test_bytes.ByteArrayTest.test_clear",),
        since=(3, 15),
    ),
    Difference(
        "it changes the builtins, and the copy of a test module has a copy of those",
        ("test_iter.TestCase.test_reduce_mutating_builtins_iter",),
        since=(3, 11, 3),
    ),
)
"""Differences that have nothing to do with pools: the tests also fail with POOLED_ENGINE=off."""

KEPT_ROOM = (
    Difference(
        "a recycled one has the room of its earlier life, which counts in its size",
        (
            "test_array.*.test_sizeof_with_buffer",
            "test_array.*.test_sizeof_without_buffer",
            "test_list.ListTest.test_preallocation",
            "test_ordered_dict.CPythonOrderedDictTests.test_sizeof_exact",
        ),
    ),
    Difference(
        "a recycled one has the room of its earlier life, which counts in its size",
        ("test_bytes.ByteArrayTest.test_take_bytes",),
        since=(3, 15),
    ),
)
"""Differences because objects are recycled: the tests pass with POOLED_ENGINE=off."""

# CPython's tests of classes and the lifetime of their objects, with all classes made poolable.

CLASS_MODULES = (
    "test_abc",
    "test_class",
    "test_contextlib",
    "test_copy",
    "test_dataclasses",
    "test_descr",
    "test_finalization",
    "test_gc",
    "test_property",
    "test_subclassinit",
    "test_super",
    "test_weakref",
    "test_weakset",
    "test_with",
)
HOOK = (
    Difference(
        "tp_del, which no class written in Python has, runs before weak references to an object of a subclass die",
        ("test_finalization.LegacyFinalizationTest.test_legacy_resurrect",),
    ),
    Difference(
        "from Python 3.15 on, classes cannot take each other's place if one is hooked and the other is not",
        ("test_descr.ClassPropertiesAndMethods.test_mutable_bases",),
        since=(3, 15),
    ),
    Difference(
        "it names its module, and the copy of that has another name",
        ("test_dataclasses.TestDocString.test_docstring_recursive",),
        since=(3, 15),
    ),
    Difference(
        "it names its module, and the copy of that has another name",
        ("test_descr.ClassPropertiesAndMethods.test_slots",),
        since=(3, 13),
    ),
    Difference(
        "it runs itself in a process of its own, which does not find the copy of its module",
        ("test_class.TestInlineValues.test_detach_materialized_dict_no_memory",),
        since=(3, 14),
    ),
)
RECYCLED = (
    Difference(
        "__del__ runs when an object really dies, not when it is recycled",
        (
            "test_class.ClassTests.testDel",
            "test_descr.ClassPropertiesAndMethods.test_delete_hook",
            "test_descr.ClassPropertiesAndMethods.test_slots",
            "test_descr.ClassPropertiesAndMethods.test_subtype_resurrection",
            "test_finalization.CycleChainFinalizationTest.test_heterogenous_suicidal_one",
            "test_finalization.CycleChainFinalizationTest.test_homogenous_suicidal",
            "test_finalization.SimpleFinalizationTest.test_simple",
            "test_finalization.SimpleFinalizationTest.test_simple_resurrect",
            "test_gc.GCTests.test_is_finalized",
            "test_gc.GCTests.test_trashcan_threads",
            "test_gc.GCTogglingTests.test_bug1055820d",
        ),
    ),
    Difference(
        "__del__ of an object that was recycled, and dies with its class, finds no attributes",
        ("test_descr.ClassPropertiesAndMethods.test_weakref_segfault",),
    ),
)
CLASSES = {0: HOOK, 16: (*HOOK, *RECYCLED)}
"""The differences by `max`. With 0, every object is freed, and only the hook can cause a difference."""

REFUSED = (
    "objects are immutable and cannot be recycled",
    "a metaclass cannot be pooled",
    "an enum cannot be pooled",
    "an exception cannot be pooled",
    "a TypedDict makes plain dicts",
    "has a __call__ of its own",
    "__new__ does not run for a recycled object",
    "its __dict__ is not where its attributes are",
    "is written in C and holds state that scrubbing cannot empty",
    "the cyclic collector does not track its objects",
    "only a class written in Python can be hooked",  # a class with a tp_del, which only _testcapi can set
    "it is poolable already",
)
"""Why some classes of these tests cannot be made poolable; they stay unchanged."""
