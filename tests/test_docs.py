"""Every code block of the README and of docs/ runs, and prints what the page shows: `doc_blocks.py` says how.

Each page is a process, because the pages print the counts of their pools. The libraries for such tests (sybil,
pytest-examples, pytest-markdown-docs) run all pages in the process of pytest, which shares its pools.
"""

import importlib
import importlib.util
import re
import sys
from pathlib import Path

import limits
import pytest
from conftest import is_built
from doc_blocks import (
    BETWEEN,
    TRIED,
    as_pattern,
    blocks_of,
    check_printed,
    check_program,
    commands_of,
    program_of,
    run_in,
)

ROOT = Path(__file__).parent.parent
PAGES = {
    str(path.relative_to(ROOT)): blocks_of(path)
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
    if "_build" not in path.parts
}
NEEDS = {
    "docs/guides/arrays.md": ["pooled._memory.arrays"],
    "docs/guides/field-types.md": ["cattrs", "msgspec", "pydantic"],
    "docs/guides/numpy.md": ["numpy"],
}


def pages_with(*languages):
    return [
        name
        for name, blocks in PAGES.items()
        if any(block.language in languages and not block.why_not for block in blocks)
    ]


@pytest.fixture
def folder(tmp_path, request):
    """The folder where the programs of a page run. The pages show the native engine."""
    if not is_built():
        limits.skip("not-built")
    if limits.applies("shows-the-gil"):
        limits.skip("shows-the-gil")
    name = request.getfixturevalue("name")
    for needed in NEEDS.get(name, ()):
        limits.require(needed)
    for example in (ROOT / "examples").glob("*.py"):
        target = tmp_path / "examples" / example.name
        target.parent.mkdir(exist_ok=True)
        target.write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def write_file(folder, block):
    target = folder / block.file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(block.text, encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_block_is_tried_or_says_why_not(name):
    for block in PAGES[name]:
        assert block.language in TRIED, f"line {block.line}: nothing is known of {block.language!r}"
        assert block.language != "text" or block.file or block.why_not, f"line {block.line}: whose output is this?"
        assert block.why_not != "", f"line {block.line}: why?"


@pytest.mark.parametrize("name", pages_with("python"))
def test_the_programs_print_what_the_page_says(name, folder):
    for block in PAGES[name]:
        if block.file:
            write_file(folder, block)
    program, blocks = program_of(PAGES[name])
    path = folder / Path(name).name.replace(".md", "_page.py")
    path.write_text(program, encoding="utf-8")
    process = run_in(folder, [sys.executable, "-X", "faulthandler", str(path)])
    assert process.returncode == 0, process.stdout
    *printed, rest = process.stdout.split(BETWEEN)
    assert (len(printed), rest) == (len(blocks), "")
    for block, text in zip(blocks, printed, strict=True):
        check_program(block, text)


@pytest.mark.parametrize("name", pages_with("console"))
def test_the_commands_print_what_the_page_says(name, folder):
    for block in PAGES[name]:
        if block.file:
            write_file(folder, block)
        elif block.language == "console" and not block.why_not:
            for command, expected in commands_of(block):
                process = run_in(folder, command)
                assert process.returncode == 0, f"{command}\n{process.stdout}"
                pattern = as_pattern(expected, figures_vary=block.figures_vary)
                check_printed(block, pattern, process.stdout)


@pytest.mark.parametrize("name", pages_with("toml"))
def test_the_configurations_are_understood(name, tmp_path):
    for block in PAGES[name]:
        if block.language == "toml" and not (block.file or block.why_not):  # commands use the files
            path = tmp_path / f"{block.line}.toml"
            path.write_text(block.text, encoding="utf-8")
            quiet = {"PYTHONWARNINGS": "ignore::UserWarning"}  # the modules that the examples configure do not exist
            process = run_in(tmp_path, [sys.executable, "-c", "import pooled"], POOLED_CONFIG=str(path), **quiet)
            assert (process.returncode, process.stdout) == (0, "")


def public_modules():
    """The modules without an underscore in their names."""
    (folder,) = importlib.util.find_spec("pooled").submodule_search_locations
    for path in sorted(Path(folder).rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        if not any(part.startswith("_") for part in parts):
            yield ".".join(("pooled", *parts))


PUBLIC_MODULES = ["pooled", *public_modules()]


@pytest.mark.parametrize("module", PUBLIC_MODULES)
def test_the_reference_has_every_public_name(module):
    """By `automodule`, or by an entry for each name."""
    reference = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "reference").glob("*.md"))
    if f"automodule:: {module}\n" in reference:
        return
    assert f"py:module:: {module}\n" in reference, "there is no page of it"
    names = importlib.import_module(module).__all__
    missing = {f"{module}.{name}" for name in names if not re.search(rf":: {module}\.{name}$", reference, re.MULTILINE)}
    assert missing - set(PUBLIC_MODULES) == set()
