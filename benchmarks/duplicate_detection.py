"""The quality of duplicate detection on the FEBRL test sets, in which the records of one person are known.

Only their names and addresses are used, not fields that clients do not have (``soc_sec_id``, ``date_of_birth``). The
threshold is chosen on sets 1 and 3; set 4 is not used for that.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import combinations
from typing import Any

from benchmarks.data import febrl
from benchmarks.harness.report_table import Table
from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.directory import DirectoryIndex, directory_entries
from chalicelib.domain.clients.duplicates import MATCH_THRESHOLD, MAX_RELATIVES_SCORE, ComparedFields, match_score

Pair = tuple[str, str]
TRAINING_SETS, TEST_SET = ("FEBRL 1", "FEBRL 3"), "FEBRL 4"
THRESHOLDS = tuple(round(hundredths / 100, 2) for hundredths in range(60, 96))
_SHOWN = (0.6, 0.65, 0.66, 0.68, 0.7, 0.71, 0.72, 0.73, 0.74, 0.76, 0.8, 0.85, 0.9)
# Thresholds this close to the best F1 are as good: of these the highest is the most precise.
_F1_TOLERANCE = 0.001
_CREATED_AT = datetime(2026, 12, 1, tzinfo=UTC)


@dataclass(frozen=True)
class LabelledSample:
    """Records, and the pairs of them that belong to one person."""

    name: str
    clients: Mapping[str, Client]
    true: frozenset[Pair]

    @cached_property
    def scores(self) -> dict[Pair, float]:
        """The score of every pair with a common key."""
        by_term: dict[str, list[str]] = defaultdict(list)
        for client in self.clients.values():
            for entry in directory_entries(client):
                if entry.shelf is DirectoryIndex.SOUND:
                    by_term[entry.term].append(client.id)
        candidates = {pair for ids in by_term.values() for pair in combinations(sorted(ids), 2)}
        fields = {client.id: ComparedFields.from_client(client) for client in self.clients.values()}
        return {(a, b): match_score(fields[a], fields[b]).score for a, b in candidates}

    @property
    def found_pairs(self) -> int:
        """The number of true pairs with a common key."""
        return sum(pair in self.scores for pair in self.true)

    @property
    def relatives(self) -> int:
        """The number of true pairs taken for relatives because their first names differ."""
        return sum(self.scores.get(pair) == MAX_RELATIVES_SCORE for pair in self.true)


@dataclass(frozen=True)
class MatchQuality:
    """The matches of a threshold in some samples."""

    true: int
    shown: int
    right: int

    @classmethod
    def of(cls, samples: Iterable[LabelledSample], threshold: float) -> MatchQuality:
        """The matches of all samples together."""
        true = shown = right = 0
        for sample in samples:
            found = {pair for pair, score in sample.scores.items() if score >= threshold}
            true, shown, right = true + len(sample.true), shown + len(found), right + len(found & sample.true)
        return cls(true, shown, right)

    @property
    def precision(self) -> float:
        """The share of shown pairs that are right."""
        return self.right / self.shown if self.shown else 1.0

    @property
    def recall(self) -> float:
        """The share of true pairs that are shown."""
        return self.right / self.true

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.right / (self.true + self.shown)


def measure(quick: bool = False) -> list[LabelledSample]:
    """The test sets; only the smallest with ``quick``."""
    files: dict[str, tuple[str, ...]] = {"FEBRL 1": ("dataset1.csv",)}
    if not quick:
        files |= {"FEBRL 3": ("dataset3.csv",), TEST_SET: ("dataset4a.csv", "dataset4b.csv")}
    return [_sample(name, febrl.read(*parts)) for name, parts in files.items()]


def best_threshold(samples: Iterable[LabelledSample]) -> float:
    """The best threshold for sets 1 and 3 above the score of relatives."""
    training = [sample for sample in samples if sample.name in TRAINING_SETS]
    curve = {t: MatchQuality.of(training, t).f1 for t in THRESHOLDS if t > MAX_RELATIVES_SCORE}
    best = max(curve.values())
    return max(threshold for threshold, f1 in curve.items() if f1 >= best - _F1_TOLERANCE)


def failures(samples: list[LabelledSample]) -> list[str]:
    """An error if the threshold is not the best one."""
    if not {*TRAINING_SETS} <= {sample.name for sample in samples} or best_threshold(samples) == MATCH_THRESHOLD:
        return []
    return [f"duplicates: the curve gives {best_threshold(samples)}, the threshold is {MATCH_THRESHOLD}"]


def tables(samples: list[LabelledSample]) -> list[Table]:
    """The coverage of the keys, and the quality of each threshold."""
    return [_coverage_table(samples), _threshold_table(samples)]


def figures(samples: list[LabelledSample]) -> dict[str, Any]:
    """The stored figures: the coverage of each set, and its precision and recall by threshold."""
    return {
        sample.name: {
            "records": len(sample.clients),
            "true_pairs": len(sample.true),
            "candidates": len(sample.scores),
            "met": sample.found_pairs,
            "kept_apart": sample.relatives,
            "curve": {t: (q.precision, q.recall) for t in THRESHOLDS for q in [MatchQuality.of([sample], t)]},
        }
        for sample in samples
    }


def _coverage_table(samples: list[LabelledSample]) -> Table:
    head = ("set", "records", "true pairs", "candidates", "true pairs met", "pairs saved", "held to be relatives")
    lines = [
        (
            sample.name,
            str(len(sample.clients)),
            str(len(sample.true)),
            str(len(sample.scores)),
            f"{sample.found_pairs / len(sample.true):.1%}",
            f"{1 - len(sample.scores) / math.comb(len(sample.clients), 2):.3%}",
            f"{sample.relatives / len(sample.true):.1%}",
        )
        for sample in samples
    ]
    note = "Candidates have a key of name or address in common; these sets know no telephones and e-mail addresses."
    return Table("Likely duplicates: who is compared", head, lines, [note])


def _threshold_table(samples: list[LabelledSample]) -> Table:
    training = [sample for sample in samples if sample.name in TRAINING_SETS]
    unseen = [sample for sample in samples if sample.name == TEST_SET]
    named = {" and ".join(s.name.removeprefix("FEBRL ") for s in members): members for members in (training, unseen)}
    known = [(name, members) for name, members in named.items() if members]
    head = ["threshold", *(f"{what}, {name}" for name, _ in known for what in ("precision", "recall", "F1"))]
    lines = []
    for threshold in _SHOWN:
        found = [MatchQuality.of(members, threshold) for _, members in known]
        cells = [f"{share:.1%}" for q in found for share in (q.precision, q.recall, q.f1)]
        lines.append((f"{threshold:.2f}{' ←' if threshold == MATCH_THRESHOLD else ''}", *cells))
    return Table("Likely duplicates: precision and recall by threshold, all true pairs counted", head, lines)


def _sample(name: str, rows: Mapping[str, febrl.Row]) -> LabelledSample:
    clients = {row_id: _client(row_id, row) for row_id, row in rows.items()}
    return LabelledSample(name, clients, febrl.true_pairs(rows))


def _client(row_id: str, row: febrl.Row) -> Client:
    """A record as it would have been entered: the house number before the street, the suburb as the city."""

    def text(name: str) -> str:
        return row[name].title()

    street = f"{text('street_number')} {text('address_1')}".strip()
    return Client(
        id=row_id,
        first_name=text("given_name"),
        last_name=text("surname"),
        created_at=_CREATED_AT,
        updated_at=_CREATED_AT,
        address=", ".join(part for part in (street, text("address_2")) if part),
        city=text("suburb"),
        region=text("state"),
        postal_code=text("postcode"),
    )
