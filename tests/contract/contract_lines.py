"""Which file tests which line of the contract. `docs/explanation/contract.md` numbers the lines and begins so."""

CONTRACT_LINES = {
    1: ("Transparent.", "test_transparency.py"),
    2: ("Immediate.", "test_immediacy.py"),
    3: ("Bounded.", "test_bounds.py"),
    4: ("Parked objects hold nothing.", "test_parked_objects.py"),
    5: ("Never two owners.", "test_ownership.py"),
    6: ("Errors stay where they belong.", "test_errors.py"),
    7: ("Cycles", "test_cycles.py"),
    8: ("Deep and re-entrant.", "test_deep_chains.py"),
    9: ("Threads", "test_threads.py"),
    10: ("Pickles and copies", "test_pickle.py"),
    11: ("Checked early.", "test_validation.py"),
    12: ("Counted.", "test_statistics.py"),
}
"""Number of the line: its first words, and the file. The other files of this folder test what several lines promise."""
