"""Programs: how `run` and `advise` execute one."""
