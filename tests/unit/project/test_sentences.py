"""Sentences: a docstring opens with a verb or a noun, not with an inverted clause."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.source_tree import ROOT

INVERTED = re.compile(r"(?:What|Who|Whoever|Whom|Whose|Whether|Whatever)\b")
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def inverted_docstrings(folder: Path) -> Iterator[str]:
    """Place and first line of every docstring that opens with such a word."""
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            text = ast.get_docstring(node) if isinstance(node, DOCUMENTED) else None
            if text and INVERTED.match(text):
                yield f"{file.relative_to(folder)}:{getattr(node, 'lineno', 1)}: {text.splitlines()[0]}"


@pytest.mark.parametrize("folder", ["chalicelib", "infra", "benchmarks", "tests"])
def test_no_docstring_opens_with_an_inverted_clause(folder: str) -> None:
    assert list(inverted_docstrings(ROOT / folder)) == []


def test_an_inverted_clause_is_caught(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text('"""What is here."""\n\n\ndef coming():\n    """Whether it comes."""\n')
    (tmp_path / "right.py").write_text('"""Whatnots for tests."""\n\n\nclass A:\n    """True whatever comes."""\n')

    assert list(inverted_docstrings(tmp_path)) == ["wrong.py:1: What is here.", "wrong.py:4: Whether it comes."]
