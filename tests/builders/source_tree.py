"""The source files of the project and their imports, for tests of the structure."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


def sources() -> list[Path]:
    files = [ROOT / "app.py", *sorted(ROOT.glob("chalicelib/**/*.py")), *sorted(ROOT.glob("infra/**/*.py"))]
    return [file for file in files if file.exists()]


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def ring(file: Path) -> str:
    """The part of chalicelib a file is in; a file directly in chalicelib is its own."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "chalicelib" and len(parts) > 1 else parts[0]


def room(file: Path) -> str:
    """The folder within the ring, empty for a file directly in it."""
    return "/".join(file.relative_to(ROOT).parts[2:-1])


@cache
def imports(file: Path) -> tuple[str, ...]:
    """Every module a file imports, in full; a module imported from its package counts as itself."""
    return tuple(module for node in ast.walk(ast.parse(file.read_text("utf-8"))) for module in imported_by(node))


def imported_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ""
        folder = ROOT / module.replace(".", "/")
        for alias in node.names:
            is_module = (folder / f"{alias.name}.py").exists() or (folder / alias.name).is_dir()
            yield f"{module}.{alias.name}" if is_module or module == "chalicelib" else module


def within(module: str, allowed: Iterable[str]) -> bool:
    return any(module == name or module.startswith(name + ".") for name in allowed)
