"""Alternatives to pooling, measured on the same server, the same batch program and the same stream.

`python -m benchmarks.alternatives --json FILE` measures; `docs/explanation/comparison.md` shows its tables.
"""
