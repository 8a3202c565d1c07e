"""The test suites of real packages, without pools and with all classes made poolable. `python -m tests.packages`."""
