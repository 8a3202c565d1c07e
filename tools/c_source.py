"""Read C files with tree-sitter: what each includes, defines and uses, and how long its functions are.

The files are not preprocessed, so all branches of an #if are read. Types do not count as uses: a layer may keep a
pointer to a struct that only layers above look into.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import tree_sitter_c
from tree_sitter import Language, Node, Parser

PARSER = Parser(Language(tree_sitter_c.language()))
IDENTIFIER = re.compile(rb"[A-Za-z_]\w*")


@dataclass
class CFile:
    """The includes, definitions and uses of one C file."""

    path: str
    text: bytes
    includes: set[str] = field(default_factory=set)
    exported: set[str] = field(default_factory=set)
    local: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    functions: dict[str, int] = field(default_factory=dict)

    def read(self, blanked: list[str]) -> None:
        """Parse the file, without the macros in places where the grammar allows no name."""
        pattern = re.compile(rf"\b({'|'.join(blanked)})\b".encode())
        text = re.sub(rb"^#define .*|" + pattern.pattern, _blank_unless_define, self.text, flags=re.MULTILINE)
        for node in _items(PARSER.parse(text).root_node):
            reader = getattr(self, f"read_{node.type}", None)
            if reader is not None:
                reader(node)

    def read_preproc_include(self, node: Node) -> None:
        """Note an include of a file of our own."""
        path = _child(node, "path")
        if path.type == "string_literal":
            self.includes.add(_text(path).strip('"'))

    def read_preproc_def(self, node: Node) -> None:
        """Note a macro, and the names in its body. The grammar leaves bodies unparsed."""
        self.exported.add(_text(_child(node, "name")))
        body, parameters = node.child_by_field_name("value"), node.child_by_field_name("parameters")
        if body is not None and body.text is not None:
            names = {name.decode() for name in IDENTIFIER.findall(body.text)}
            self.used |= names - ({_text(name) for name in parameters.named_children} if parameters else set())

    read_preproc_function_def = read_preproc_def

    def read_function_definition(self, node: Node) -> None:
        """Note a function, its length, and the names that it uses."""
        name = _declared_name(_child(node, "declarator"))
        if name is None:
            return
        self._define(node, _text(name))
        self.functions[_text(name)] = node.end_point.row - node.start_point.row + 1
        self._use(node)

    def read_declaration(self, node: Node) -> None:
        """Note the variables of a declaration; a prototype or an `extern` uses a name that is defined elsewhere."""
        for name in _variables(node):
            self._define(node, name)
        self._use(node)

    def read_enumerator(self, node: Node) -> None:
        """Note a constant."""
        self.exported.add(_text(_child(node, "name")))

    def _define(self, node: Node, name: str) -> None:
        is_local = "static" in _storage(node) and self.path.endswith(".c")
        (self.local if is_local else self.exported).add(name)

    def _use(self, node: Node) -> None:
        """Add the names in a function or a declaration, without those of its parameters and local variables."""
        nodes = list(_descendants(node))
        local = {
            name for each in nodes if each.type in ("parameter_declaration", "declaration") for name in _variables(each)
        }
        self.used |= {_text(each) for each in nodes if each.type == "identifier"} - local


def _blank_unless_define(match: re.Match[bytes]) -> bytes:
    return match[0] if match[0].startswith(b"#") else b" " * len(match[0])


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _child(node: Node, name: str) -> Node:
    child = node.child_by_field_name(name)
    if child is None:
        raise ValueError(f"line {node.start_point.row + 1}: expected a {name} in {node.type}")
    return child


def _storage(node: Node) -> set[str]:
    return {_text(child) for child in node.children if child.type == "storage_class_specifier"}


def _descendants(node: Node) -> Iterator[Node]:
    for child in node.children:
        yield child
        yield from _descendants(child)


def _items(node: Node) -> Iterator[Node]:
    """Yield the items at the top level of a file, also inside of #if, and the constants of enums."""
    for child in node.children:
        yield child
        if child.type != "function_definition":
            yield from (each for each in _descendants(child) if each.type == "enumerator")
        if child.type.startswith("preproc_") or child.type == "ERROR":
            yield from (each for each in _items(child) if each.type != "enumerator")


def _declared_name(node: Node | None) -> Node | None:
    """Return the identifier inside of a declarator."""
    while node is not None and node.type != "identifier":
        node = node.child_by_field_name("declarator") or next(
            (child for child in node.named_children if child.type.endswith("declarator")), None
        )
    return node


def _variables(node: Node) -> Iterator[str]:
    """Yield the variables and parameters that a declaration defines: not those of prototypes, and not `extern` ones."""
    for declarator in node.children_by_field_name("declarator"):
        name = _declared_name(declarator)
        is_prototype = name is not None and name.parent is not None and name.parent.type == "function_declarator"
        if name is not None and not is_prototype and "extern" not in _storage(node):
            yield _text(name)


def read_c_files(root: Path, blanked: list[str]) -> dict[str, CFile]:
    """Read all C files below a folder."""
    files = {}
    for path in sorted(root.rglob("*.[ch]")):
        name = path.relative_to(root).as_posix()
        files[name] = CFile(name, path.read_bytes())
        files[name].read(blanked)
    return files
