"""How well likely duplicates are found: the FEBRL test sets, which tell which records are one person's.

Of their fields the names and the address are ours; what is not asked of clients (``soc_sec_id``, ``date_of_birth``) is
not used. The threshold is chosen on sets 1 and 3; set 4 was not looked at for it.
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
    """Records, and which pairs of them are one person's."""

    name: str
    clients: Mapping[str, Client]
    true: frozenset[Pair]

    @cached_property
    def scores(self) -> dict[Pair, float]:
        """The score of every pair that is filed under a common key."""
        filed: dict[str, list[str]] = defaultdict(list)
        for client in self.clients.values():
            for entry in directory_entries(client):
                if entry.shelf is DirectoryIndex.SOUND:
                    filed[entry.term].append(client.id)
        meeting = {pair for ids in filed.values() for pair in combinations(sorted(ids), 2)}
        traits = {client.id: ComparedFields.from_client(client) for client in self.clients.values()}
        return {(a, b): match_score(traits[a], traits[b]).score for a, b in meeting}

    @property
    def found_pairs(self) -> int:
        """How many true pairs have a key in common."""
        return sum(pair in self.scores for pair in self.true)

    @property
    def relatives(self) -> int:
        """How many true pairs are held to be relatives because their first names differ."""
        return sum(self.scores.get(pair) == MAX_RELATIVES_SCORE for pair in self.true)


@dataclass(frozen=True)
class MatchQuality:
    """What a threshold finds among some samples."""

    true: int
    shown: int
    right: int

    @classmethod
    def of(cls, samples: Iterable[LabelledSample], threshold: float) -> MatchQuality:
        """All of them together."""
        true = shown = right = 0
        for sample in samples:
            found = {pair for pair, how in sample.scores.items() if how >= threshold}
            true, shown, right = true + len(sample.true), shown + len(found), right + len(found & sample.true)
        return cls(true, shown, right)

    @property
    def precision(self) -> float:
        """Of what is shown, the share that is right."""
        return self.right / self.shown if self.shown else 1.0

    @property
    def recall(self) -> float:
        """Of what is right, the share that is shown."""
        return self.right / self.true

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.right / (self.true + self.shown)


def measure(quick: bool = False) -> list[LabelledSample]:
    """The test sets; only the smallest if it must be quick."""
    files: dict[str, tuple[str, ...]] = {"FEBRL 1": ("dataset1.csv",)}
    if not quick:
        files |= {"FEBRL 3": ("dataset3.csv",), TEST_SET: ("dataset4a.csv", "dataset4b.csv")}
    return [_sample(name, febrl.read(*parts)) for name, parts in files.items()]


def best_threshold(samples: Iterable[LabelledSample]) -> float:
    """The threshold the curve over sets 1 and 3 gives, sought beyond where relatives are."""
    learnt = [sample for sample in samples if sample.name in TRAINING_SETS]
    curve = {t: MatchQuality.of(learnt, t).f1 for t in THRESHOLDS if t > MAX_RELATIVES_SCORE}
    best = max(curve.values())
    return max(threshold for threshold, f1 in curve.items() if f1 >= best - _F1_TOLERANCE)


def failures(samples: list[LabelledSample]) -> list[str]:
    """That the threshold is not the one its own curve gives."""
    if not {*TRAINING_SETS} <= {sample.name for sample in samples} or best_threshold(samples) == MATCH_THRESHOLD:
        return []
    return [f"duplicates: the curve gives {best_threshold(samples)}, the threshold is {MATCH_THRESHOLD}"]


def tables(samples: list[LabelledSample]) -> list[Table]:
    """What the keys reach, and what each threshold makes of it."""
    return [_coverage_table(samples), _threshold_table(samples)]


def figures(samples: list[LabelledSample]) -> dict[str, Any]:
    """As they are kept: of each set what is reached, and its precision and recall by threshold."""
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
    learnt = [sample for sample in samples if sample.name in TRAINING_SETS]
    unseen = [sample for sample in samples if sample.name == TEST_SET]
    named = {" and ".join(s.name.removeprefix("FEBRL ") for s in members): members for members in (learnt, unseen)}
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
