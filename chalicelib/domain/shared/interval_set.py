"""Sets of minutes as one integer: a month of somebody's time is joined, cut and searched in a few operations."""

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

    What lies outside the window is not in the set; sets are joined only with sets of the same window.
    """

    first: int
    last: int
    bits: int = 0

    @classmethod
    def from_intervals(cls, first: int, last: int, intervals: Iterable[Interval]) -> MinuteSet:
        """Everything in these intervals."""
        # Parts of some hours first: joining short integers many times over costs a fraction of joining long ones.
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
        """In both."""
        return MinuteSet(self.first, self.last, self.bits & other.bits)

    def __sub__(self, other: MinuteSet) -> MinuteSet:
        """In this one and not in the other."""
        return MinuteSet(self.first, self.last, self.bits & ~other.bits)

    def __contains__(self, minute: int) -> bool:
        """Whether this minute is in the set."""
        return self.first <= minute < self.last and bool(self.bits >> (minute - self.first) & 1)

    def __iter__(self) -> Iterator[int]:
        """The minutes in order."""
        # A text is searched faster than bits are shifted out of a long integer one by one.
        digits = bin(self.bits)[:1:-1]
        at = digits.find("1")
        while at >= 0:
            yield self.first + at
            at = digits.find("1", at + 1)

    def starts_lasting(self, length: int) -> MinuteSet:
        """The minutes from which ``length`` minutes on end are in the set."""
        bits, reached = self.bits, 1
        while reached < length:
            step = min(reached, length - reached)
            bits &= bits >> step
            reached += step
        return MinuteSet(self.first, self.last, bits)

    def starts_clear_of(self, before: int, after: int) -> MinuteSet:
        """The minutes around which nothing of the set lies in [minute - before, minute + after)."""
        everything = (1 << (self.last - self.first)) - 1
        # Beyond the window nothing is known to be taken: its edges count as free.
        free = ((everything & ~self.bits) << before) | ((1 << before) - 1)
        free |= ((1 << after) - 1) << (self.last - self.first + before)
        widened = MinuteSet(self.first, self.last + before + after, free).starts_lasting(before + after)
        return MinuteSet(self.first, self.last, widened.bits & everything)

    def spans(self) -> Iterator[Interval]:
        """The longest intervals the set consists of, in order."""
        digits = bin(self.bits)[:1:-1] + "0"
        start = digits.find("1")
        while start >= 0:
            end = digits.find("0", start)
            yield self.first + start, self.first + end
            start = digits.find("1", end)
