"""Pools: what keeps parked objects, and how classes get one."""
