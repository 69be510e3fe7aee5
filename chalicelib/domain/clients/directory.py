"""The client directory: the entries a client is found by, and the terms of a search (CL-1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.clients.client import Client, normalise_email
from chalicelib.domain.clients.phone_numbers import PHONE_DIGITS, search_readings
from chalicelib.domain.clients.phonetics import phonetic_keys

# More or longer words do not distinguish clients any better.
MAX_WORDS = 8
MAX_WORD_LENGTH = 40
# No term is longer; a longer one might not fit a key.
MAX_TERM_LENGTH = 300

_APOSTROPHES = re.compile(r"['’ʼ`´ʹ′\u200c\u200d]")
# Letters that people type differently on keyboards without them.
_LETTER_REPLACEMENTS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_PHONE_PATTERN = re.compile(r"[+\d\s().\-‐-―−/]+")
_TEL_SCHEME = re.compile(r"^tel:", re.IGNORECASE)


class DirectoryIndex(StrEnum):
    """The index an entry is in."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    EXTERNAL = "external"
    # Keys shared by likely duplicates (domain/clients/phonetics.py).
    SOUND = "sound"
    # By author: clients that nobody has booked yet, visible to their author only (D26).
    PROSPECT = "prospect"


# Indexes whose entries are in order of name.
_INDEXED_BY_NAME = frozenset({DirectoryIndex.NAME, DirectoryIndex.SOUND})


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One way to find a client, under ``term`` of the index ``shelf``; by word or sound, ``name`` is the whole name."""

    shelf: DirectoryIndex
    term: str
    client_id: str
    name: str = ""

    @property
    def words(self) -> list[str]:
        """The words of the name."""
        return self.name.split()

    @property
    def position(self) -> str:
        """The position in its index: by term and name, or by client."""
        # A sort key holds 1024 bytes: the beginning of a long name is enough to order it.
        return f"{self.term}#{self.name[:200]}#{self.client_id}" if self.shelf in _INDEXED_BY_NAME else self.client_id


def fold_words(text: str) -> tuple[str, ...]:
    """The words of a name or query for comparison: without accents, case and punctuation, each once, in order.

    An apostrophe joins (``O'Brien`` is ``obrien``); any other character that is no letter or digit separates.
    """
    words = "".join(_letters_and_digits(_without_accents(_APOSTROPHES.sub("", text)))).split()
    return tuple(dict.fromkeys(word[:MAX_WORD_LENGTH] for word in words))[:MAX_WORDS]


def fold_external_id(value: str) -> str:
    """An outside id for comparison: case does not matter."""
    return unicodedata.normalize("NFC", value).strip().casefold()


def _without_accents(text: str) -> str:
    # Twice: some letters have a small form only once they are decomposed, and some small forms decompose.
    for _ in range(2):
        text = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in text if not unicodedata.combining(c)).translate(_LETTER_REPLACEMENTS)


def _letters_and_digits(text: str) -> Iterator[str]:
    """The text with a space for every character but letters, digits and the vowel signs that belong to them."""
    within = False
    for c in text:
        within = c.isalnum() or (within and unicodedata.category(c) in ("Mn", "Mc"))
        yield c if within else " "


def directory_entries(client: Client | None) -> frozenset[DirectoryEntry]:
    """The entries a client is found by; none for a merged or deleted one."""
    if client is None or not client.active:
        return frozenset()
    name = fold_words(client.name)
    found = [(DirectoryIndex.NAME, word) for word in name]
    found += [(DirectoryIndex.EMAIL, normalise_email(client.email))] if client.email else []
    found += [(DirectoryIndex.PHONE, number) for number in client.phones]
    found += [(DirectoryIndex.EXTERNAL, fold_external_id(value)) for value in client.external_ids]
    found += [(DirectoryIndex.PROSPECT, client.prospect_of)] if client.prospect_of else []
    found += [(DirectoryIndex.SOUND, key) for key in _phonetic_keys(client)]
    whole = " ".join(name)
    # Other entries hold no name, so that a new name leaves them as they are.
    return frozenset(DirectoryEntry(s, term, client.id, whole if s in _INDEXED_BY_NAME else "") for s, term in found)


def _phonetic_keys(client: Client) -> frozenset[str]:
    first, last, address = map(fold_words, (client.first_name, client.last_name, client.address))
    return phonetic_keys(first, last, address, client.postal_code)


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """The possible meanings of a search: an address, a number (in several readings), an outside id, words of a name."""

    email: str | None = None
    phones: tuple[str, ...] = ()
    external_id: str | None = None
    words: tuple[str, ...] = ()

    @property
    def lead_word(self) -> str | None:
        """The word to look up first: the longest, with which the fewest names begin."""
        return max(self.words, key=len, default=None)

    def matches(self, entry: DirectoryEntry) -> bool:
        """True if every word of the search begins a word of the name.

        A name in which the lead word begins two words has two entries; only the first of them matches.
        """
        first = next((word for word in entry.words if self.lead_word and word.startswith(self.lead_word)), None)
        rest = (word for word in self.words if word != self.lead_word)
        return first == entry.term and all(any(w.startswith(word) for w in entry.words) for word in rest)


def parse_search(text: str, countries: Iterable[str]) -> SearchTerms:
    """The terms of a typed search; national numbers are read as dialled in each of ``countries``.

    ``countries`` is iterated only for such a number. Text that reads as a number is no name.
    """
    typed = "".join(c if unicodedata.category(c) not in ("Cc", "Cs") else " " for c in text)
    typed = unicodedata.normalize("NFC", typed).strip()[:MAX_TERM_LENGTH]
    outside = fold_external_id(typed) or None
    if "@" in typed:
        return SearchTerms(email=normalise_email(typed), external_id=outside)
    dialled = _TEL_SCHEME.sub("", unicodedata.normalize("NFKC", typed))
    digits = sum(c.isdecimal() for c in dialled)
    phones = search_readings(dialled, countries) if digits in PHONE_DIGITS and _PHONE_PATTERN.fullmatch(dialled) else ()
    return SearchTerms(phones=phones, external_id=outside, words=() if phones else fold_words(typed))
