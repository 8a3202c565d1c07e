"""How Sphinx builds the documentation: `make docs`, where any warning is an error. It needs no network."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pooled

project = "pooled"
author = "The pooled authors"
copyright = author  # noqa: A001 (Sphinx's own word)
version = release = pooled.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"pooled {release}"
html_static_path = ["_static"]
html_css_files = ["pooled.css"]
html_copy_source = False
html_show_sourcelink = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# The docstrings write code between single backticks, as Markdown does.
default_role = "code"
autodoc_typehints = "signature"
python_maximum_signature_line_length = 88
autodoc_mock_imports = ["distributed", "ray"]  # each brings some twenty packages
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
# What is returned is told in a sentence, where a colon is just a colon.
napoleon_custom_sections = ["Returns"]

# What we say of our own names has to be there; of those of others there is no list without the network.
nitpicky = True
nitpick_ignore_regex = [(r"py:.*", r"(?!pooled\b).*"), (r"py:.*", r"pooled\._.*|pooled\..*\.(_\w+|[A-Z])")]

copybutton_prompt_text = r"\$ "
copybutton_prompt_is_regexp = True


_SECTION = re.compile(r"\s*(Args|Attributes|Raises|Returns):$")


def _show_code(_app: Any, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    """Tell docutils that what stands indented under a line with a colon is code, as a reader sees at once."""
    for i, (line, blank, following) in enumerate(zip(lines, lines[1:], lines[2:], strict=False)):
        indent = len(line) - len(line.lstrip()) + 4
        is_code = not blank.strip() and following.startswith(" " * indent)
        if is_code and line.endswith(":") and not _SECTION.match(line):
            lines[i] = line + ":"


def _copy_pictures(app: Any, error: Exception | None) -> None:
    """Put the files of `<picture>`, light and dark, where the pages look for them: Sphinx does not know of them."""
    for folder in () if error else ("benchmarks", "images"):
        target = Path(app.outdir) / folder
        target.mkdir(exist_ok=True)
        for file in (Path(app.srcdir) / folder).glob("*.*g"):
            shutil.copy(file, target)


def setup(app: Any) -> None:
    """Have docstrings looked at before napoleon sees them, and pictures copied."""
    app.connect("autodoc-process-docstring", _show_code, priority=100)
    app.connect("build-finished", _copy_pictures)
