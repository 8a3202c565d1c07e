"""Pools for other packages' objects, a module for each: `numpy`, `sortedcontainers`. Each wants its package."""
