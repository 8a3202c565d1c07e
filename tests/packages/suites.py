"""The packages whose test suites run, and how."""

from collections.abc import Mapping

import attrs


@attrs.frozen(eq=False)
class Suite:
    """A package with its test suite.

    Attributes:
        distribution: the name on the package index.
        version: the version that runs.
        package: the name to import.
        tests: the arguments of pytest, in the folder of the unpacked sdist.
        without: modules of the package whose classes stay as they are, also in the modules below them.
        environ: environment variables for the run.
    """

    distribution: str
    version: str
    package: str
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()
    environ: Mapping[str, str] = attrs.field(factory=dict)


SUITES = (
    Suite("beautifulsoup4", "4.15.0", "bs4", ("bs4/tests",), without=("bs4.tests",)),
    Suite("docutils", "0.23", "docutils", ("test",)),
    Suite("lark", "1.3.1", "lark", ("tests",)),
    Suite(
        "dnspython",
        "2.9.2",
        "dns",
        ("tests",),
        environ={"NO_INTERNET": "1"},  # its own switch: tests that ask name servers skip themselves
    ),
    Suite("chess", "1.11.2", "chess", ("test.py",)),
    Suite("parso", "0.8.7", "parso", ("test",)),
    Suite("pycparser", "3.12", "pycparser", ("tests",)),
)
