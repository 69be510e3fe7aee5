"""Presenting figures: aligned tables, medians, ratios within one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Table:
    """A title, a head and lines of text, with notes for the reader."""

    title: str
    head: Sequence[str]
    lines: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def text(self) -> str:
        """Markdown that is aligned for the terminal: first column to the left, figures to the right."""
        widths = [max(map(len, column)) for column in zip(self.head, *self.lines, strict=True)]

        def line(cells: Sequence[str]) -> str:
            rest = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
            return f"| {' | '.join((cells[0].ljust(widths[0]), *rest))} |"

        rule = f"|{'|'.join(('-' * (widths[0] + 2), *('-' * (width + 1) + ':' for width in widths[1:])))}|"
        notes = [f"\n{note}" for note in self.notes]
        return "\n".join([f"\n## {self.title}\n", line(self.head), rule, *map(line, self.lines), *notes])

    def json(self) -> dict[str, Any]:
        """The table as stored in the file of figures."""
        return asdict(self)


def measure_in_rounds(measures: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Each measure's figures, taken in turn by round, so that a slow moment affects all; after one warm-up each."""
    for measure in measures.values():
        measure()
    found: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    return found


def median_ratio(figures: Sequence[float], reference: Sequence[float]) -> float:
    """The median over the rounds of a figure's ratio to the reference of the same round."""
    return median(figure / other for figure, other in zip(figures, reference, strict=True))


def percentile(figures: Sequence[float], share: float) -> float:
    """The figure that a ``share`` (0 to 1) of all does not exceed."""
    return sorted(figures)[min(len(figures) - 1, int(share * len(figures)))]
