"""Tables and their cells in HTML, for the page of a report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from pooled._report.names import shown

LONGEST: Final = 120
"""Names with more characters are shown without their middle."""


def table(
    what: str, first: str, columns: Iterable[str], rows: Mapping[str, Iterable[str]], *, dense: bool = False
) -> str:
    """A table of rows by name, under the heading `first`. A table that is too wide can be scrolled by keyboard."""
    head = "".join(f"<th scope=col>{name}</th>" for name in (first, *columns))
    body = "\n".join(
        f"<tr><th scope=row>{name_in_html(name)}</th>{''.join(cells)}</tr>" for name, cells in rows.items()
    )
    letters = " class=dense" if dense else ""
    return (
        f'<div class=wide role=region aria-label="{what}" tabindex=0><table{letters}><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def cell(column: str, text: str) -> str:
    """A cell of a column."""
    return f'<td{" class=zero" if text == "0" else ""} data-of="{column}">{text}</td>'


def bar(share: float) -> str:
    """A share from 0.0 to 1.0 as a bar and as text."""
    return f'<span><span class=rate><i style="width:{share:.1%}"></i></span><span class=part>{share:.1%}</span></span>'


def name_in_html(name: str) -> str:
    """A name in HTML, isolated from the text around it, since it may have right-to-left letters."""
    whole, half = shown(name), LONGEST // 2
    if len(whole) <= LONGEST:
        return f"<bdi>{_breakable(whole)}</bdi>"
    short = f"{whole[:half]}\N{HORIZONTAL ELLIPSIS}{whole[-half:]}"
    return f'<bdi title="{escape(whole)}">{_breakable(short)}</bdi>'


def _breakable(name: str) -> str:
    """A name in HTML, with places for line breaks."""
    return re.sub("([.:])(?=.)", r"\1<wbr>", escape(name))
