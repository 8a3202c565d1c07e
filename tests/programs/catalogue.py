"""The programs: which packages they use, at which versions, and the arguments that they are given."""

from pathlib import Path

import attrs

DRIVERS = Path(__file__).resolve().parent / "drivers"


@attrs.frozen
class Program:
    """A program of `drivers/`.

    Attributes:
        name: the name of its file, without the suffix.
        requirement: the package that it uses; the extra `programs` of pyproject.toml has the same. Empty if none.
        settings: the configuration that replaces the advice; empty if `advise` runs.
        is_service: whether it holds more than a million objects, and writes how long each request took.
    """

    name: str
    requirement: str = ""
    settings: str = ""

    @property
    def is_service(self) -> bool:
        return self.name.startswith("service_")

    @property
    def file(self) -> Path:
        return DRIVERS / f"{self.name}.py"


PROGRAMS = (
    Program("bs4_extract", "beautifulsoup4==4.15.0"),
    Program("chess_search", "chess==1.11.2"),
    Program("docutils_html", "docutils==0.23"),
    Program("html5lib_trees", "html5lib==1.1"),
    Program("jinja2_pages", "Jinja2==3.1.6"),
    Program("lark_scripts", "lark==1.3.1"),
    Program("libcst_codemod", "libcst==1.9.0"),
    Program("markdown_html", "markdown-it-py==4.3.0"),
    Program("networkx_paths", "networkx==3.6.1"),
    Program("parso_trees", "parso==0.8.7"),
    Program("pycparser_c", "pycparser==3.12"),
    Program("pygments_highlight", "pygments==2.21.0"),
    Program("rdflib_questions", "rdflib==7.6.0"),
    Program("simpy_clinic", "simpy==4.1.2"),
    Program("sqlalchemy_orm", "SQLAlchemy==2.1.9"),
    Program("sqlglot_transpile", "sqlglot==30.30.0"),
    Program("sympy_algebra", "sympy==1.14.0"),
    Program("tinycss2_sheets", "tinycss2==1.5.1"),
    Program("service_bs4", "beautifulsoup4==4.15.0"),
    Program("service_css", "tinycss2==1.5.1"),
    Program("service_dns", "dnspython==2.9.2"),
    Program("service_lark", "lark==1.3.1"),
    Program("service_markdown", "markdown-it-py==4.3.0"),
    Program("service_mistune", "mistune==3.4.0"),
    Program("service_sqlglot", "sqlglot==30.30.0"),
    Program("kept_objects", settings='[instrument."__main__:*"]\nmax = 1024\n'),
)
