"""Instrumentation: makes classes poolable when their module is imported."""
