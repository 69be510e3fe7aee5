"""Likely duplicates: how similar two client records are, with reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.clients.client import Client, normalise_email
from chalicelib.domain.clients.directory import fold_words
from chalicelib.domain.clients.phonetics import phonetic_key

# The least score of a likely duplicate, chosen from the curve in docs/duplicates.md.
MATCH_THRESHOLD = 0.72

# The weight of a field where it agrees and where it differs: people move, marry, and have several addresses.
_NAME_WEIGHT = 5.0
_PHONE_WEIGHTS = 3.0, 1.0
_EMAIL_WEIGHTS = 4.0, 1.2
_ADDRESS_WEIGHTS = 5.0, 2.5
# If only names can be compared, the same name is too often a namesake's.
_NAME_ONLY_FACTOR = 0.85
# Families share telephones, addresses and last names: less similar first names belong to two people.
_MIN_FIRST_NAME_SIMILARITY = 0.75
MAX_RELATIVES_SCORE = 0.65
# The least similarity of names that sound the same, however they are spelt.
_SAME_SOUND_SIMILARITY = 0.9

# The least agreement that is shown as a reason.
_SIMILAR_NAME_THRESHOLD = 0.75
_SIMILAR_ADDRESS_THRESHOLD = 0.65
_EMAIL_TYPO_AGREEMENT = 0.8
# The similarity of any two streets.
_CHANCE_SIMILARITY = 0.3


class MatchReason(StrEnum):
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
        """The reason in words."""
        return _TEXTS[self]


_TEXTS = {
    MatchReason.SAME_NAME: "Same name",
    MatchReason.NAMES_SWAPPED: "Same name, first and last name swapped",
    MatchReason.SIMILAR_NAME: "Names are spelt or sound alike",
    MatchReason.SAME_PHONE: "Same telephone number",
    MatchReason.SAME_EMAIL: "Same e-mail address",
    MatchReason.SIMILAR_EMAIL: "E-mail addresses differ by one letter",
    MatchReason.SAME_ADDRESS: "Same address",
    MatchReason.SIMILAR_ADDRESS: "Similar addresses",
}


@dataclass(frozen=True, slots=True)
class MatchScore:
    """The likelihood that two records are one person's, 0 to 1, with reasons."""

    score: float
    reasons: tuple[MatchReason, ...] = ()


@dataclass(frozen=True, slots=True)
class ComparedFields:
    """The compared fields of a client, folded once for many comparisons."""

    first: str
    last: str
    phones: frozenset[str]
    email: str
    street: str
    place: str
    postal_code: str

    @classmethod
    def from_client(cls, client: Client) -> ComparedFields:
        """The compared fields of this client."""
        return cls(
            first=" ".join(fold_words(client.first_name)),
            last=" ".join(fold_words(client.last_name)),
            phones=frozenset(client.phones),
            email=normalise_email(client.email or ""),
            street=" ".join(fold_words(client.address)),
            place=" ".join(fold_words(f"{client.city} {client.region}")),
            postal_code="".join(fold_words(client.postal_code)),
        )


@dataclass(frozen=True, slots=True)
class _Evidence:
    """The agreement of one field (0 to 1), its weight, and the reason shown for it."""

    agreement: float
    weight: float
    reason: MatchReason | None = None


def match_score(a: Client | ComparedFields, b: Client | ComparedFields) -> MatchScore:
    """The similarity of two records, symmetric, leaving out fields that are blank in one of them.

    1.0 for the same name with the same contact details; a name alone never scores as high.
    """
    one, other = (each if isinstance(each, ComparedFields) else ComparedFields.from_client(each) for each in (a, b))
    first, name = _compare_names(one, other)
    rest = [*_compare_phones(one, other), *_compare_emails(one, other), *_compare_addresses(one, other)]
    evidence = [name, *rest]
    score = sum(e.agreement * e.weight for e in evidence) / sum(e.weight for e in evidence)
    if not rest:
        score *= _NAME_ONLY_FACTOR
    if first < _MIN_FIRST_NAME_SIMILARITY:
        score = min(score, MAX_RELATIVES_SCORE)
    return MatchScore(round(score, 4), tuple(e.reason for e in evidence if e.reason))


def name_similarity(name: str, other: str) -> float:
    """The similarity of two names as folded words in any order, 0 to 1, for choosing candidates."""
    from rapidfuzz import fuzz  # loaded where duplicates are looked for

    return float(fuzz.token_sort_ratio(name, other)) / 100


def _spelling_similarity(text: str, other: str) -> float:
    from rapidfuzz.distance import JaroWinkler

    return float(JaroWinkler.similarity(text, other))


def _name_part_similarity(name: str, other: str) -> float | None:
    """The similarity of two names by letters or sound, 0 to 1; ``None`` if one is blank."""
    if not name or not other:
        return None
    spelt = _spelling_similarity(name, other)
    return (
        spelt
        if spelt >= _SAME_SOUND_SIMILARITY or phonetic_key(name) != phonetic_key(other)
        else _SAME_SOUND_SIMILARITY
    )


def _compare_names(one: ComparedFields, other: ComparedFields) -> tuple[float, _Evidence]:
    """The similarity of the first names (1 if one is blank), and the evidence of both, swapped if that is better."""
    pair = _name_part_similarity(one.first, other.first), _name_part_similarity(one.last, other.last)
    crossed = _name_part_similarity(one.first, other.last), _name_part_similarity(one.last, other.first)
    swapped = None not in crossed and sum(filter(None, crossed)) > sum(filter(None, pair))
    known = [similarity for similarity in (crossed if swapped else pair) if similarity is not None]
    if not known:
        return 1, _Evidence(0, _NAME_WEIGHT / 10)
    agreement = sum(known) / len(known)
    reason = _name_reason(agreement, swapped, whole=len(known) == 2)
    first = min(known) if swapped else pair[0]
    return 1 if first is None else first, _Evidence(agreement, _NAME_WEIGHT * len(known) / 2, reason)


def _name_reason(agreement: float, swapped: bool, whole: bool) -> MatchReason | None:
    if agreement == 1 and whole:
        return MatchReason.NAMES_SWAPPED if swapped else MatchReason.SAME_NAME
    return MatchReason.SIMILAR_NAME if agreement >= _SIMILAR_NAME_THRESHOLD else None


def _weighed_evidence(weights: tuple[float, float], agreement: float, reason: MatchReason | None) -> _Evidence:
    agreeing, differing = weights
    return _Evidence(agreement, differing + (agreeing - differing) * agreement, reason)


def _compare_phones(one: ComparedFields, other: ComparedFields) -> Iterator[_Evidence]:
    if one.phones and other.phones:
        same = not one.phones.isdisjoint(other.phones)
        yield _weighed_evidence(_PHONE_WEIGHTS, float(same), MatchReason.SAME_PHONE if same else None)


def _compare_emails(one: ComparedFields, other: ComparedFields) -> Iterator[_Evidence]:
    from rapidfuzz.distance import OSA

    if not one.email or not other.email:
        return
    if one.email == other.email:
        yield _weighed_evidence(_EMAIL_WEIGHTS, 1, MatchReason.SAME_EMAIL)
    elif OSA.distance(one.email, other.email) == 1:
        yield _weighed_evidence(_EMAIL_WEIGHTS, _EMAIL_TYPO_AGREEMENT, MatchReason.SIMILAR_EMAIL)
    else:
        yield _weighed_evidence(_EMAIL_WEIGHTS, 0, None)


def _compare_addresses(one: ComparedFields, other: ComparedFields) -> Iterator[_Evidence]:
    if not one.street or not other.street:
        return
    agreement = _beyond_chance(name_similarity(one.street, other.street))
    if one.postal_code and other.postal_code:
        agreement = 0.7 * agreement + 0.3 * _beyond_chance(_spelling_similarity(one.postal_code, other.postal_code))
    if one.place and other.place:
        agreement = 0.8 * agreement + 0.2 * _beyond_chance(name_similarity(one.place, other.place))
    reason = MatchReason.SIMILAR_ADDRESS if agreement >= _SIMILAR_ADDRESS_THRESHOLD else None
    yield _weighed_evidence(_ADDRESS_WEIGHTS, agreement, MatchReason.SAME_ADDRESS if agreement == 1 else reason)


def _beyond_chance(similarity: float) -> float:
    return max(0.0, (similarity - _CHANCE_SIMILARITY) / (1 - _CHANCE_SIMILARITY))
