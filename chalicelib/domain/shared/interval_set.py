"""Sets of minutes as one integer: a month of a person's time is joined, cut and searched in a few operations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Interval = tuple[int, int]
"""[start, end) in minutes since 1970 UTC."""

_PART_MINUTES = 2048


@dataclass(frozen=True, slots=True)
class MinuteSet:
    """The minutes of a window [first, last), bit ``n`` standing for the minute ``first + n``.

    Minutes outside the window are never in the set; only sets of the same window can be combined.
    """

    first: int
    last: int
    bits: int = 0

    @classmethod
    def from_intervals(cls, first: int, last: int, intervals: Iterable[Interval]) -> MinuteSet:
        """The minutes of these intervals."""
        # Parts of some hours first: joining many short integers costs a fraction of joining long ones.
        parts: defaultdict[int, int] = defaultdict(int)
        for start, end in intervals:
            low = max(first, start)
            high = min(last, end)
            if low < high:
                part, offset = divmod(low - first, _PART_MINUTES)
                parts[part] |= ((1 << (high - low)) - 1) << offset
        bits = 0
        for part, some in parts.items():
            bits |= some << (part * _PART_MINUTES)
        return cls(first, last, bits)

    @classmethod
    def from_grid(cls, first: int, last: int, spans: Iterable[Interval], step: int) -> MinuteSet:
        """The minutes 0, ``step``, 2 ``step`` … after the start of each span, within it."""
        bits = 0
        for start, end in spans:
            low = start + max(0, -(-(first - start) // step)) * step
            high = min(end, last)
            if low < high:
                count = -(-(high - low) // step)
                bits |= (((1 << (count * step)) - 1) // ((1 << step) - 1)) << (low - first)
        return cls(first, last, bits)

    def __and__(self, other: MinuteSet) -> MinuteSet:
        """The minutes in both sets."""
        return MinuteSet(self.first, self.last, self.bits & other.bits)

    def __sub__(self, other: MinuteSet) -> MinuteSet:
        """The minutes in this set and not in the other."""
        return MinuteSet(self.first, self.last, self.bits & ~other.bits)

    def __contains__(self, minute: int) -> bool:
        """True if this minute is in the set."""
        return self.first <= minute < self.last and bool(self.bits >> (minute - self.first) & 1)

    def __iter__(self) -> Iterator[int]:
        """The minutes in order."""
        # Searching a string is faster than shifting bits out of a long integer one by one.
        digits = bin(self.bits)[:1:-1]
        at = digits.find("1")
        while at >= 0:
            yield self.first + at
            at = digits.find("1", at + 1)

    def starts_lasting(self, length: int) -> MinuteSet:
        """The minutes that begin ``length`` consecutive minutes of the set."""
        bits, reached = self.bits, 1
        while reached < length:
            step = min(reached, length - reached)
            bits &= bits >> step
            reached += step
        return MinuteSet(self.first, self.last, bits)

    def starts_clear_of(self, before: int, after: int) -> MinuteSet:
        """The minutes for which the set holds nothing in [minute - before, minute + after)."""
        window = (1 << (self.last - self.first)) - 1
        # Nothing is known outside the window, so it counts as free.
        free = ((window & ~self.bits) << before) | ((1 << before) - 1)
        free |= ((1 << after) - 1) << (self.last - self.first + before)
        widened = MinuteSet(self.first, self.last + before + after, free).starts_lasting(before + after)
        return MinuteSet(self.first, self.last, widened.bits & window)

    def spans(self) -> Iterator[Interval]:
        """The longest intervals the set consists of, in order."""
        digits = bin(self.bits)[:1:-1] + "0"
        start = digits.find("1")
        while start >= 0:
            end = digits.find("0", start)
            yield self.first + start, self.first + end
            start = digits.find("1", end)
