"""CONTRIBUTING.md names only files and symbols that are there, and docs/glossary.md only rules that are explained."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "CONTRIBUTING.md"
ROW = re.compile(r"^\| (?P<change>[^|]+) \| `(?P<file>[^`]+)` \| (?:`(?P<symbol>[^`]+)`)? ?\|$", re.MULTILINE)
STEP = re.compile(r"^\d\. `(?P<file>[^`]+)`", re.MULTILINE)


def symbols(file: Path) -> set[str]:
    """The classes, functions, constants and imported names of a Python file."""
    names: set[str] = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def wrong(text: str) -> list[str]:
    """The files and symbols of a guide that are not there."""
    found = [row["file"] for row in (*ROW.finditer(text), *STEP.finditer(text)) if not (ROOT / row["file"]).is_file()]
    return found + [
        f"{row['file']}: {row['symbol']}"
        for row in ROW.finditer(text)
        if row["symbol"] and (ROOT / row["file"]).is_file() and row["symbol"] not in symbols(ROOT / row["file"])
    ]


def test_every_file_and_symbol_of_the_guide_is_there() -> None:
    text = GUIDE.read_text("utf-8")

    assert len(ROW.findall(text)) >= 35
    assert len(STEP.findall(text)) == 10
    assert wrong(text) == []


@pytest.mark.parametrize(
    "line", ["| x | `chalicelib/gone.py` | `Gone` |", "| x | `app.py` | `gone` |", "1. `gone.py` is"]
)
def test_what_is_missing_is_noticed(line: str) -> None:
    assert len(wrong(line)) == 1


def test_no_change_is_listed_twice() -> None:
    changes = [row["change"] for row in ROW.finditer(GUIDE.read_text("utf-8"))]

    assert sorted(set(changes)) == sorted(changes)
