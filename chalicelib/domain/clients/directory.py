"""The client directory: the words, addresses and numbers somebody is found by, and what a search looks for (CL-1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.clients.client import Client, normalise_email
from chalicelib.domain.clients.phone_numbers import PHONE_DIGITS, search_readings
from chalicelib.domain.clients.phonetics import phonetic_keys

# More of a name, or longer words, tell nobody apart.
MAX_WORDS = 8
MAX_WORD_LENGTH = 40
# Nothing that is looked for as a whole is longer; what is, a key might not hold.
MAX_TERM_LENGTH = 300

_APOSTROPHES = re.compile(r"['’ʼ`´ʹ′\u200c\u200d]")
# Letters of their own that nobody types who has no key for them.
_LETTER_REPLACEMENTS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_PHONE_PATTERN = re.compile(r"[+\d\s().\-‐-―−/]+")
_TEL_SCHEME = re.compile(r"^tel:", re.IGNORECASE)


class DirectoryIndex(StrEnum):
    """What an entry is found by."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    EXTERNAL = "external"
    # Where two records of one person meet (domain/clients/phonetics.py).
    SOUND = "sound"
    # Not looked for by anybody else: whom a staff member has made and nobody has booked yet (D26).
    PROSPECT = "prospect"


# Shelves whose entries are read by name.
_INDEXED_BY_NAME = frozenset({DirectoryIndex.NAME, DirectoryIndex.SOUND})


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One way to find one client: ``term`` is looked for; by word or sound, ``name`` holds all of the name's words."""

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
        """Where it stands on its shelf: by term and name, or by client."""
        # A sort key holds 1024 bytes: of an endless name its beginning orders well enough.
        return f"{self.term}#{self.name[:200]}#{self.client_id}" if self.shelf in _INDEXED_BY_NAME else self.client_id


def fold_words(text: str) -> tuple[str, ...]:
    """A name's or query's words as they are compared: without accents, case and punctuation, each once, in order.

    An apostrophe joins (``O'Brien`` is ``obrien``); all else that is no letter or digit separates.
    """
    found = "".join(_letters_and_digits(_without_accents(_APOSTROPHES.sub("", text)))).split()
    return tuple(dict.fromkeys(word[:MAX_WORD_LENGTH] for word in found))[:MAX_WORDS]


def fold_external_id(value: str) -> str:
    """An outside id as it is looked for: whichever case it is typed in."""
    return unicodedata.normalize("NFC", value).strip().casefold()


def _without_accents(text: str) -> str:
    # Twice: some letters have a small form only once they are decomposed, and some small forms decompose.
    for _ in range(2):
        text = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in text if not unicodedata.combining(c)).translate(_LETTER_REPLACEMENTS)


def _letters_and_digits(text: str) -> Iterator[str]:
    """Letters, digits and the vowel signs that belong to them; a space for everything else."""
    within = False
    for c in text:
        within = c.isalnum() or (within and unicodedata.category(c) in ("Mn", "Mc"))
        yield c if within else " "


def directory_entries(client: Client | None) -> frozenset[DirectoryEntry]:
    """Everything a client is found by; nobody who has been merged away or deleted is."""
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
    # Only whoever is found by a word or sound needs the others: a new name leaves the other entries as they are.
    return frozenset(DirectoryEntry(s, term, client.id, whole if s in _INDEXED_BY_NAME else "") for s, term in found)


def _phonetic_keys(client: Client) -> frozenset[str]:
    first, last, address = map(fold_words, (client.first_name, client.last_name, client.address))
    return phonetic_keys(first, last, address, client.postal_code)


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """What a search means: an address, a number (in several readings), an outside id, words of a name."""

    email: str | None = None
    phones: tuple[str, ...] = ()
    external_id: str | None = None
    words: tuple[str, ...] = ()

    @property
    def lead_word(self) -> str | None:
        """The word to look for first: the longest, which fewest names begin with."""
        return max(self.words, key=len, default=None)

    def matches(self, entry: DirectoryEntry) -> bool:
        """Whether every word of the search begins a word of the name, seen from the first that the lead begins.

        A name in which the lead begins two words has two entries; only the first of them counts.
        """
        first = next((word for word in entry.words if self.lead_word and word.startswith(self.lead_word)), None)
        rest = (word for word in self.words if word != self.lead_word)
        return first == entry.term and all(any(w.startswith(word) for w in entry.words) for word in rest)


def parse_search(text: str, countries: Iterable[str]) -> SearchTerms:
    """What somebody who types this looks for; national numbers are read as dialled in each of ``countries``.

    These are asked for only where there is such a number. What reads as a number is no name.
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
