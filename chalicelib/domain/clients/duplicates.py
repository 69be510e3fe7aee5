"""Likely duplicates: where two records of one person would be found, and how alike two records are, with reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.clients.client import Client, normal_email
from chalicelib.domain.clients.directory import words
from chalicelib.domain.clients.phonetics import sound

# From here on two records are shown as likely duplicates: chosen from the curve in docs/duplicates.md.
THRESHOLD = 0.72

# What a field weighs where it agrees, and where it differs: people move, marry, and have several addresses.
_NAME = 5.0
_PHONE = 3.0, 1.0
_EMAIL = 4.0, 1.2
_ADDRESS = 5.0, 2.5
# With nothing else to go by the same name is a namesake's too often.
_NAME_ALONE = 0.85
# Families share telephones, addresses and last names: whose first names are less alike than this are two people.
_SAME_FIRST_NAME = 0.75
RELATIVES = 0.65
# Names that sound the same are at least so much alike, however they are spelt.
_SOUNDS_ALIKE = 0.9

# From here on it is worth telling people of.
_ALIKE_NAMES = 0.75
_ALIKE_ADDRESSES = 0.65
_EMAIL_TYPO = 0.8
# Any two streets have that much in common.
_UNRELATED = 0.3


class Reason(StrEnum):
    """Why two records are thought to be one person's."""

    SAME_NAME = "same_name"
    NAMES_SWAPPED = "names_swapped"
    SIMILAR_NAME = "similar_name"
    SAME_PHONE = "same_phone"
    SAME_EMAIL = "same_email"
    SIMILAR_EMAIL = "similar_email"
    SAME_ADDRESS = "same_address"
    SIMILAR_ADDRESS = "similar_address"

    @property
    def text(self) -> str:
        """In words for people."""
        return _TEXTS[self]


_TEXTS = {
    Reason.SAME_NAME: "Same name",
    Reason.NAMES_SWAPPED: "Same name, first and last name swapped",
    Reason.SIMILAR_NAME: "Names are spelt or sound alike",
    Reason.SAME_PHONE: "Same telephone number",
    Reason.SAME_EMAIL: "Same e-mail address",
    Reason.SIMILAR_EMAIL: "E-mail addresses differ by one letter",
    Reason.SAME_ADDRESS: "Same address",
    Reason.SIMILAR_ADDRESS: "Similar addresses",
}


@dataclass(frozen=True, slots=True)
class Likeness:
    """How likely two records are one person's, 0 to 1, and why that is thought."""

    score: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Traits:
    """What of a client is compared, folded once for many comparisons."""

    first: str
    last: str
    phones: frozenset[str]
    email: str
    street: str
    place: str
    postal_code: str

    @classmethod
    def of(cls, client: Client) -> Traits:
        """A client's."""
        return cls(
            first=" ".join(words(client.first_name)),
            last=" ".join(words(client.last_name)),
            phones=frozenset(n for n in (client.mobile, client.phone, client.work_phone) if n),
            email=normal_email(client.email or ""),
            street=" ".join(words(client.address)),
            place=" ".join(words(f"{client.city} {client.region}")),
            postal_code="".join(words(client.postal_code)),
        )


@dataclass(frozen=True, slots=True)
class _Evidence:
    """How far one field agrees, what that weighs, and what people are told of it."""

    agreement: float
    weight: float
    reason: Reason | None = None


def score(a: Client | Traits, b: Client | Traits) -> Likeness:
    """How alike two records are: the same either way, unmoved by fields that one of them leaves blank.

    1.0 for the same name and the same means to reach it; a name alone is never more than a likelihood.
    """
    one, other = (traits if isinstance(traits, Traits) else Traits.of(traits) for traits in (a, b))
    first, name = _names(one, other)
    rest = [*_phones(one, other), *_emails(one, other), *_addresses(one, other)]
    evidence = [name, *rest]
    found = sum(e.agreement * e.weight for e in evidence) / sum(e.weight for e in evidence)
    if not rest:
        found *= _NAME_ALONE
    if first < _SAME_FIRST_NAME:
        found = min(found, RELATIVES)
    return Likeness(round(found, 4), tuple(e.reason for e in evidence if e.reason))


def name_likeness(name: str, other: str) -> float:
    """How alike two names are as folded words, in whatever order; enough to know whom to look at more closely."""
    from rapidfuzz import fuzz  # loaded where duplicates are looked for

    return float(fuzz.token_sort_ratio(name, other)) / 100


def _spelt(text: str, other: str) -> float:
    from rapidfuzz.distance import JaroWinkler

    return float(JaroWinkler.similarity(text, other))


def _said(name: str, other: str) -> float | None:
    """How alike two names are by their letters or their sound; a blank says nothing."""
    if not name or not other:
        return None
    spelt = _spelt(name, other)
    return spelt if spelt >= _SOUNDS_ALIKE or sound(name) != sound(other) else _SOUNDS_ALIKE


def _names(one: Traits, other: Traits) -> tuple[float, _Evidence]:
    """How alike the first names are (1 where one is blank), and what both names say, swapped if that agrees better."""
    pair = _said(one.first, other.first), _said(one.last, other.last)
    crossed = _said(one.first, other.last), _said(one.last, other.first)
    swapped = None not in crossed and sum(filter(None, crossed)) > sum(filter(None, pair))
    known = [alike for alike in (crossed if swapped else pair) if alike is not None]
    if not known:
        return 1, _Evidence(0, _NAME / 10)
    agreement = sum(known) / len(known)
    reason = _name_reason(agreement, swapped, whole=len(known) == 2)
    first = min(known) if swapped else pair[0]
    return 1 if first is None else first, _Evidence(agreement, _NAME * len(known) / 2, reason)


def _name_reason(agreement: float, swapped: bool, whole: bool) -> Reason | None:
    if agreement == 1 and whole:
        return Reason.NAMES_SWAPPED if swapped else Reason.SAME_NAME
    return Reason.SIMILAR_NAME if agreement >= _ALIKE_NAMES else None


def _weighed(weights: tuple[float, float], agreement: float, reason: Reason | None) -> _Evidence:
    agreeing, differing = weights
    return _Evidence(agreement, differing + (agreeing - differing) * agreement, reason)


def _phones(one: Traits, other: Traits) -> Iterator[_Evidence]:
    if one.phones and other.phones:
        same = not one.phones.isdisjoint(other.phones)
        yield _weighed(_PHONE, float(same), Reason.SAME_PHONE if same else None)


def _emails(one: Traits, other: Traits) -> Iterator[_Evidence]:
    from rapidfuzz.distance import OSA

    if not one.email or not other.email:
        return
    if one.email == other.email:
        yield _weighed(_EMAIL, 1, Reason.SAME_EMAIL)
    elif OSA.distance(one.email, other.email) == 1:
        yield _weighed(_EMAIL, _EMAIL_TYPO, Reason.SIMILAR_EMAIL)
    else:
        yield _weighed(_EMAIL, 0, None)


def _addresses(one: Traits, other: Traits) -> Iterator[_Evidence]:
    if not one.street or not other.street:
        return
    agreement = _beyond_chance(name_likeness(one.street, other.street))
    if one.postal_code and other.postal_code:
        agreement = 0.7 * agreement + 0.3 * _beyond_chance(_spelt(one.postal_code, other.postal_code))
    if one.place and other.place:
        agreement = 0.8 * agreement + 0.2 * _beyond_chance(name_likeness(one.place, other.place))
    reason = Reason.SIMILAR_ADDRESS if agreement >= _ALIKE_ADDRESSES else None
    yield _weighed(_ADDRESS, agreement, Reason.SAME_ADDRESS if agreement == 1 else reason)


def _beyond_chance(likeness: float) -> float:
    return max(0.0, (likeness - _UNRELATED) / (1 - _UNRELATED))
