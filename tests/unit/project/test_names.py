"""Names in the product: each class name has one meaning."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from tests.builders.source_tree import ROOT


def repeated_class_names(folder: Path) -> dict[str, list[str]]:
    """Class names that several files, or one file twice, define; a class within a class goes by its outer one."""
    files: dict[str, list[str]] = defaultdict(list)
    for file in sorted(folder.rglob("*.py")):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                files[node.name].append(str(file.relative_to(folder)))
    return {name: found for name, found in files.items() if len(found) > 1}


def test_no_class_name_is_defined_twice() -> None:
    assert len(list((ROOT / "chalicelib").rglob("*.py"))) > 100
    assert repeated_class_names(ROOT / "chalicelib") == {}


def test_a_repeated_class_name_is_caught(tmp_path: Path) -> None:
    (tmp_path / "hours.py").write_text("class Opening:\n    class Meta: ...\n")
    (tmp_path / "release.py").write_text("class Opening:\n    class Meta: ...\n\nclass Release: ...\n")

    assert repeated_class_names(tmp_path) == {"Opening": ["hours.py", "release.py"]}
