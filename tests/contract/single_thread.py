"""The tests that pytest-run-parallel runs on one thread, with the reasons; it runs the others on several."""

SHARED = frozenset(
    {
        *("message", "park", "thing", "make", "cls", "way", "show", "decoder", "importable", "unraisable"),
        *("containers", "arrays", "sortedcontainers", "pool", "cells", "inner", "decoder_of", "planned", "any_pool"),
        "program",
    }
)
"""Fixtures that share one class, pool or module between the threads of a test that checks its counts."""

COUNTS = "it counts the objects created and dropped in the whole process"
ALL_OBJECTS = "it visits all objects of the process"
ALL_POOLS = "it visits all pools of the process"
STACK = "it sets the stack size of new threads, or needs much memory"
PROCESS = "it changes state of the whole process"

ALONE = {
    "test_own_subclasses_of_builtins": COUNTS,
    "test_every_emptiable_container_can_be_kept": COUNTS,
    "test_only_what_is_kept_is_there": COUNTS,
    "test_capacity_is_kept_where_the_engine_says_so": COUNTS,
    "test_clear_and_prune_of_all_pools": COUNTS,
    "test_a_thread_that_ends_frees_what_its_objects_kept": COUNTS,
    "test_a_thread_that_ends_frees_its_local_pools": COUNTS,
    "test_max_is_for_each_thread_of_a_local_pool": COUNTS,
    "test_the_collector_does_not_see_parked_objects": ALL_OBJECTS,
    "test_nobody_sees_an_object_while_its_parts_are_reset": ALL_OBJECTS,
    "test_all_statistics_as_a_table": ALL_POOLS,
    "test_a_pool_of_a_function_is_named_with_what_it_makes": ALL_POOLS,
    "test_a_tool_sees_the_same_events": PROCESS,
    "test_a_tool_sees_the_init_of_a_class_that_is_read_meanwhile": PROCESS,
    "test_construction_in_c_resumes_without_the_tool": PROCESS,
    "test_a_tool_that_monitors_other_code_stops_nothing": PROCESS,
    "test_a_tool_that_is_set_for_threads_that_run": PROCESS,
    "test_a_patched_name_that_the_init_reads": PROCESS,
    "test_a_patched_builtin": PROCESS,
    "test_a_warning_names_the_line_that_constructs": PROCESS,
    "test_limits_from_before_the_import": PROCESS,
    "test_statistics_that_are_read_while_threads_work": PROCESS,
    "test_without_an_engine_nothing_is_parked": PROCESS,
    "test_a_second_interpreter_gets_the_reference_engine": PROCESS,
    "test_without_an_engine": PROCESS,
    "test_nothing_is_parked_while_it_is_off": PROCESS,
    "test_the_switch_of_a_class_and_that_of_all_are_two": PROCESS,
    "test_every_hook_of_a_generated_init_runs_each_time": PROCESS,
    "test_all_pools_at_once": ALL_POOLS,
    "test_the_report_says_how_objects_are_constructed": ALL_POOLS,
    "test_a_wrong_name_changes_nothing": "its threads would share the class that the parameters name",
    "test_hooks_that_could_not_be_called": "its threads would share hooks that count",
    "test_a_long_chain": STACK,
    "test_a_long_chain_of_objects_with_fields": STACK,
    "test_a_long_chain_through_an_attribute_that_is_kept": STACK,
    "test_a_long_chain_is_recycled_whole": STACK,
    "test_a_long_chain_through_containers": STACK,
    "test_limits_hold_whatever_is_done": "hypothesis keeps its state for the process",
    "test_a_program_sees_no_difference": "hypothesis keeps its state for the process",
    "test_no_object_is_ever_owned_twice": "hypothesis keeps its state for the process",
    "test_the_class_stays_what_it_was": "CPython 3.11 parses source on one thread at a time only",
}
"""Tests that need one thread for other reasons."""


def reason_for_one_thread(item):
    """Why a test must run on one thread; None if it can run on several."""
    shared = SHARED & set(item.fixturenames)
    if shared:
        return f"its threads would share {', '.join(sorted(shared))}"
    return ALONE.get(item.originalname)
