"""The code blocks of a Markdown page, and how each one is tested.

- The `python` blocks of a page are one program.
- `console` blocks are commands, each after a `$`, followed by its output.
- `toml` blocks are configuration files.
- A `text` block is the output of the `python` block before it.

An HTML comment on the line before a block is invisible to readers, and can change this:

- `<!-- file: shop.py -->`: the block is a file of this name, in the folder where the commands and programs run.
- `<!-- figures vary -->`: any number matches a number of the output.
- `<!-- not run: why -->`: the block is not tested, for this reason.

`...` stands for omitted output, and a long line of output may be wrapped.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import attrs

TRIED = ("python", "console", "toml", "text")
FENCE = re.compile(r"^```(\w+)$")
COMMENT = re.compile(r"^<!-- (.*) -->$")
BETWEEN = "\x1e"
"""The program of a page prints this between its blocks."""


@attrs.define
class Block:
    """A code block: its language, text, first line, and the comment before it."""

    language: str
    text: str
    line: int
    comment: str = ""
    printed: "Block | None" = None
    """The `text` block with the output of this block."""

    @property
    def file(self):
        return self.comment.removeprefix("file: ") if self.comment.startswith("file: ") else None

    @property
    def why_not(self):
        return self.comment.removeprefix("not run: ") if self.comment.startswith("not run: ") else None

    @property
    def figures_vary(self):
        return self.comment == "figures vary"


def blocks_of(page: Path):
    """The code blocks of a page, each with its `text` block."""
    blocks, comment, open_block, before = [], "", None, None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if open_block is not None:
            if line == "```":
                before, open_block = open_block, None
            else:
                open_block.text += line + "\n"
        elif match := FENCE.match(line):
            open_block = Block(match[1], "", number, comment)
            comment = ""
            if open_block.language == "text" and before is not None and before.language == "python":
                before.printed = open_block
            else:
                blocks.append(open_block)
        elif match := COMMENT.match(line):
            comment = match[1]
        elif line.strip():
            before, comment = None, ""
    return blocks


def program_of(blocks):
    """The `python` blocks as one program with the line numbers of the page; and the list of these blocks."""
    run = [block for block in blocks if block.language == "python" and not (block.file or block.why_not)]
    lines = []
    for block in run:
        lines += [""] * (block.line - len(lines))
        lines += block.text.splitlines()
        lines.append(f"print({BETWEEN!r}, end='', flush=True)")
    return "\n".join(lines) + "\n", run


def check_program(block, printed):
    """Check the output of a `python` block against its `text`, or against the comment after each `print`."""
    if block.printed is not None:
        check_printed(block, as_pattern(block.printed.text, figures_vary=block.printed.figures_vary), printed)
        return
    lines = printed.splitlines()
    comments = re.findall(r"^ *print\(.*\)  # (.*)", block.text, re.MULTILINE)
    fits = len(lines) == len(comments) and all(
        comment == line or comment.startswith(f"{line}: ") for line, comment in zip(lines, comments, strict=True)
    )
    assert fits, f"line {block.line}: printed {lines}, and the page says {comments}"


def as_pattern(text, *, figures_vary):
    """A pattern for output: `...` matches anything, and a number matches any number if figures vary."""
    pattern = re.escape(text.strip()).replace(r"\.\.\.", ".*?").replace("\\\n", r"\s+")
    if figures_vary:
        pattern = re.sub(r"\d(?:[\d,]|\\\.(?=\d))*", r"[\\d,.]+", pattern)
        pattern = re.sub(r"(?:\\ )+", r" +", pattern)
    return re.compile(pattern, re.DOTALL)


def check_printed(block, expected, printed):
    printed = "\n".join(line.rstrip() for line in printed.strip().splitlines())
    assert expected.fullmatch(printed), (
        f"line {block.line}: what was printed does not fit\n{expected.pattern}\n--- printed:\n{printed}"
    )


def commands_of(block):
    """The commands of a `console` block, each with its output."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed


def run_in(folder, command, **environ):
    """Run a command with the interpreter and the programs of this environment."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run(
        command,
        shell=isinstance(command, str),
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "120", "PYTHONUTF8": "1", **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
