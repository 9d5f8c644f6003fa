"""The source of the package as data, for the tests that hold rules about it. No rule is here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Module(NamedTuple):
    """One source file of the package."""

    name: str
    text: str
    tree: ast.Module

    @property
    def public(self) -> bool:
        """Whether no part of its dotted name starts with an underscore."""
        return not any(part.startswith("_") for part in self.name.split("."))


def modules_in(package: Path) -> list[Module]:
    """Read each source file below the folder of a package."""
    found = []
    for path in sorted(package.rglob("*.py")):
        parts = [package.name, *path.relative_to(package).with_suffix("").parts]
        text = path.read_text(encoding="utf-8")
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, text, ast.parse(text, filename=str(path))))
    return found


def all_of(module: Module) -> list[str] | None:
    """Give the strings of a module's `__all__`, or `None` if it has none."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and "__all__" in map(ast.unparse, node.targets):
            return list(ast.literal_eval(node.value))
    return None


def defined_in(module: Module) -> set[str]:
    """Give the public names that a module itself defines at its top level."""
    names: set[str] = set()
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return {name for name in names if not name.startswith("_")}


def imported_in(module: Module) -> set[str]:
    """Give the names that a module binds by importing them."""
    imports = [node for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom | ast.Import)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def names_met_by_a_user(module: Module) -> Iterator[str]:
    """Give the public names of a module, of its classes' members, and of their parameters."""
    yield from defined_in(module)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for part in node.body:
                if isinstance(part, ast.FunctionDef):
                    yield part.name
                elif isinstance(part, ast.AnnAssign):
                    yield ast.unparse(part.target)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield from (each.arg for each in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs])


def called(node: ast.AST) -> str:
    """Give the last part of the name of what a node calls, or nothing."""
    return ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""


def used(node: ast.AST) -> str:
    """Give the name that a node reads or imports, or nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.name if isinstance(node, ast.alias) else ""
