"""The reference engine: pure Python on `wrapt` proxies."""
