"""Check the layers of the package: `python tools/check_layers.py [ROOT]` prints them, and fails on a violation.

The section `tool.check_layers` of pyproject.toml has the limits and the order of the layers, from top to bottom.
Violations are

- an include, or a use of a C function, variable, macro or constant, of a folder above;
- a cycle between the C files of a folder, where a .c file and its header count as one;
- an import of a package above or beside, also one inside a function or for annotations only;
- a cycle between Python modules;
- a file or a function that is too long.
"""

import ast
import sys
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import Any

import grimp
from c_source import CFile, read_c_files

SHOWN = 5
"""How many of the longest files and functions are printed."""

Edges = dict[tuple[str, str], set[str]]
"""By pairs of files: the names of the second that the first uses, or the lines where it imports the second."""

Lengths = dict[str, int]
"""The number of lines of each file, or of each function."""


def c_edges(files: dict[str, CFile]) -> Edges:
    """Return the includes and the uses between C files."""
    definitions = {name: path for path, file in files.items() for name in file.exported}
    edges: Edges = defaultdict(set)
    for path, file in files.items():
        for included in file.includes & files.keys():
            edges[path, included].add("#include")
        for name in file.used - file.local - file.exported:
            if name in definitions:
                edges[path, definitions[name]].add(name)
    return edges


def python_edges(root: Path, package: str) -> Edges:
    """Return the imports between Python modules."""
    sys.path.insert(0, str(root))
    graph = grimp.build_graph(package, cache_dir=None)
    edges: Edges = {}
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer) - {importer}:
            details = graph.get_import_details(importer=importer, imported=imported)
            edges[importer, imported] = {f"line {each['line_number']}" for each in details}
    return edges


def python_lengths(root: Path, package: str) -> tuple[Lengths, Lengths]:
    """Return the lengths of all modules and of all functions."""
    modules, functions = {}, {}
    for path in sorted((root / package).rglob("*.py")):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        modules[name] = len(text.splitlines())
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions[f"{name}: {node.name}"] = (node.end_lineno or node.lineno) - node.lineno + 1
    return modules, functions


def c_lengths(files: dict[str, CFile]) -> tuple[Lengths, Lengths]:
    """Return the lengths of all C files and of all functions."""
    functions = {f"{path}: {name}": lines for path, file in files.items() for name, lines in file.functions.items()}
    return {path: len(file.text.splitlines()) for path, file in files.items()}, functions


def upward(edges: Edges, order: list[list[str]], layer_of: Callable[[str], str]) -> Iterator[str]:
    """Yield the edges that neither stay in their layer nor lead to a layer below."""
    heights = {layer: -depth for depth, layers in enumerate(order) for layer in layers}
    for (user, used), names in sorted(edges.items()):
        upper, lower = layer_of(user), layer_of(used)
        if unknown := {upper, lower} - heights.keys():
            yield f"unknown: {user} → {used}: tool.check_layers has no layer {', '.join(sorted(unknown))}"
        elif upper != lower and heights[upper] <= heights[lower]:
            yield f"upward: {user} → {used}: {', '.join(sorted(names))}"


def empty(order: list[list[str]], names: Iterable[str], layer_of: Callable[[str], str]) -> Iterator[str]:
    """Yield the layers that have no file."""
    for layer in sorted({layer for layers in order for layer in layers} - set(map(layer_of, names))):
        yield f"empty: the layer {layer} of tool.check_layers has no file"


def cycles(edges: Iterable[tuple[str, str]]) -> Iterator[list[str]]:
    """Yield a cycle, remove its first edge, and continue until no cycle is left."""
    graph: dict[str, set[str]] = defaultdict(set)
    for user, used in edges:
        graph[user].add(used)
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            cycle = error.args[1][::-1]
            yield cycle
            graph[cycle[0]].remove(cycle[1])
        else:
            return


def c_cycles(edges: Edges) -> Iterator[str]:
    """Yield the cycles between the C files of one folder. A cycle of several folders has an edge that runs up."""
    units: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (user, used), names in sorted(edges.items()):
        unit = user.rpartition(".")[0], used.rpartition(".")[0]
        if unit[0] != unit[1] and folder_of(user) == folder_of(used):
            units[unit].append(f"{user} → {used}: {', '.join(sorted(names))}")
    for cycle in cycles(units):
        yield "cycle: " + "; ".join(line for edge in pairwise(cycle) for line in units[edge])


def python_cycles(edges: Edges) -> Iterator[str]:
    """Yield the cycles between modules."""
    for cycle in cycles(edges):
        lines = (f"{user} → {used}: {', '.join(sorted(edges[user, used]))}" for user, used in pairwise(cycle))
        yield "cycle: " + "; ".join(lines)


def too_long(lengths: Lengths, limit: int, excepted: Iterable[str] = ()) -> Iterator[str]:
    """Yield the files or functions that have more lines than the limit."""
    for name, lines in lengths.items():
        if lines > limit and name not in excepted:
            yield f"too long: {name}: {lines} lines, at most {limit}"


def folder_of(path: str) -> str:
    """Return the folder of a C file."""
    return path.rpartition("/")[0]


def c_layer_of(path: str) -> str:
    """Return the layer of a C file: its folder; without one, its name."""
    return folder_of(path) or path.partition(".")[0]


def package_of(module: str) -> str:
    """Return the package or module at the top of the package that a module belongs to."""
    return [*module.split("."), "__init__"][1]


def print_layers(title: str, order: list[list[str]], names: Iterable[str], layer_of: Callable[[str], str]) -> None:
    """Print each layer with its files."""
    members = defaultdict(list)
    for name in sorted(names):
        members[layer_of(name)].append(name)
    print(f"{title}, from top to bottom:")
    for layers in order:
        for layer in layers:
            print(f"  {layer:15} {len(members[layer]):3}  {' '.join(member_names(layer, members[layer]))}")


def member_names(layer: str, members: Iterable[str]) -> list[str]:
    """Return the names of the members of a layer, without the layer's own, each once."""
    stems = (member.removeprefix("pooled.").removeprefix(layer).strip("/.") for member in members)
    return list(
        dict.fromkeys(stem.removesuffix(".c").removesuffix(".h") for stem in stems if stem not in ("", "c", "h"))
    )


def print_longest(title: str, lengths: Lengths) -> None:
    """Print the longest files or functions."""
    longest = sorted(lengths.items(), key=lambda item: -item[1])[:SHOWN]
    print(f"longest {title}: " + ", ".join(f"{name} {lines}" for name, lines in longest))


def check(root: Path, settings: dict[str, Any]) -> list[str]:
    """Print the layers and the longest files and functions; return the violations."""
    package, python_order = settings["package"], settings["python-layers"]
    imports = python_edges(root, package)
    names = {name for edge in imports for name in edge}
    modules, functions = python_lengths(root, package)
    found_cycles = list(python_cycles(imports))
    violations: list[str] = []
    c_files: Lengths = {}
    c_functions: Lengths = {}
    for folder, c_order in settings["c-layers"].items():
        files = read_c_files(root / folder, settings["macros"])
        used = c_edges(files)
        lengths = c_lengths(files)
        c_files |= lengths[0]
        c_functions |= lengths[1]
        print_layers(f"C layers of {folder}", c_order, files, c_layer_of)
        violations += [*empty(c_order, files, c_layer_of), *upward(used, c_order, c_layer_of)]
        found_cycles += c_cycles(used)
    print_layers("Python layers", python_order, names, package_of)
    print_longest("C files", c_files)
    print_longest("C functions", c_functions)
    print_longest("Python modules", modules)
    print_longest("Python functions", functions)
    print(f"cycles: {len(found_cycles)}")
    return [
        *violations,
        *empty(python_order, names, package_of),
        *upward(imports, python_order, package_of),
        *found_cycles,
        *too_long(c_files, settings["c-file-lines"], settings["long-c-files"]),
        *too_long(modules, settings["module-lines"]),
        *too_long(c_functions | functions, settings["function-lines"]),
    ]


def main() -> None:
    """Check the tree that the command line names, or the one that this file is in."""
    root = Path(sys.argv[1] if sys.argv[1:] else Path(__file__).parent.parent).resolve()
    configuration = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    violations = check(root, configuration["tool"]["check_layers"])
    print(f"violations: {len(violations)}")
    for violation in violations:
        print(f"  {violation}")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
