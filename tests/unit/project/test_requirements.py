"""The requirements: every package pinned, to the same version wherever it is named."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[3]
FILES = (
    ROOT / "requirements.txt",
    *sorted(ROOT.glob("*/requirements.txt")),
    *sorted(ROOT.glob("*/*/requirements.txt")),
)
PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)")


def lines(file: Path) -> list[str]:
    """The packages a file names, without comments and references to other files."""
    found = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
    return [line for line in found if line and not line.startswith("-")]


def test_every_package_is_pinned() -> None:
    loose = [f"{file.relative_to(ROOT)}: {line}" for file in FILES for line in lines(file) if not PIN.fullmatch(line)]

    assert loose == []


def test_a_package_named_twice_has_one_version() -> None:
    versions: dict[str, set[str]] = defaultdict(set)
    for file in FILES:
        for name, version in (pin.groups() for line in lines(file) if (pin := PIN.fullmatch(line))):
            versions[name.lower()].add(version)

    assert len(versions) > 30
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}
