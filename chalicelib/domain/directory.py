"""The client directory: the words, addresses and numbers somebody is found by, and what a search looks for (CL-1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.clients import Client, normal_email

# More of a name, or longer words, tell nobody apart.
MOST_WORDS = 8
LONGEST_WORD = 40
# Shorter than this no number reaches anybody; longer none exists (E.164).
PHONE_DIGITS = range(7, 16)

_WORD = re.compile(r"[^\W_]+")
_JOINING = re.compile(r"['’ʼ`´]")
_PHONE = re.compile(r"[+\d\s().\-/]+")


class Shelf(StrEnum):
    """What an entry is found by."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One way to find one client: ``term`` is looked for, ``name`` holds all the words of the name in order."""

    shelf: Shelf
    term: str
    client_id: str
    name: str = ""

    @property
    def words(self) -> list[str]:
        """The words of the name."""
        return self.name.split()


def words(text: str) -> tuple[str, ...]:
    """A name's or query's words as they are compared: without accents, case and punctuation, each once, in order.

    An apostrophe joins (``O'Brien`` is ``obrien``); all else that is no letter or digit separates.
    """
    decomposed = unicodedata.normalize("NFKD", _JOINING.sub("", text).casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return tuple(dict.fromkeys(word[:LONGEST_WORD] for word in _WORD.findall(bare)))[:MOST_WORDS]


def entries(client: Client | None) -> frozenset[DirectoryEntry]:
    """Everything a client is found by; nobody who has been merged away or deleted is."""
    if client is None or not client.active:
        return frozenset()
    name = words(client.name)
    found = [(Shelf.NAME, word) for word in name]
    found += [(Shelf.EMAIL, normal_email(client.email))] if client.email else []
    found += [(Shelf.PHONE, number) for number in (client.mobile, client.phone, client.work_phone) if number]
    found += [(Shelf.EXTERNAL, value) for value in (client.external_id, *client.aliases) if value]
    return frozenset(DirectoryEntry(shelf, term, client.id, " ".join(name)) for shelf, term in found)


@dataclass(frozen=True, slots=True)
class Sought:
    """What a search means: an address, a number (in several readings), an outside id, words of a name."""

    email: str | None = None
    phones: tuple[str, ...] = ()
    external_id: str | None = None
    words: tuple[str, ...] = ()

    @property
    def lead(self) -> str | None:
        """The word to look for first: the longest, which fewest names begin with."""
        return max(self.words, key=len, default=None)

    def matches(self, entry: DirectoryEntry) -> bool:
        """Whether every word of the search begins a word of the name, seen from the first that the lead begins.

        A name in which the lead begins two words has two entries; only the first of them counts.
        """
        first = next((word for word in entry.words if self.lead and word.startswith(self.lead)), None)
        rest = (word for word in self.words if word != self.lead)
        return first == entry.term and all(any(w.startswith(word) for w in entry.words) for word in rest)


def sought(text: str, countries: Iterable[str]) -> Sought:
    """What somebody who types this looks for; national numbers are read as dialled in each of ``countries``."""
    typed = unicodedata.normalize("NFC", text).strip()
    if "@" in typed:
        return Sought(email=normal_email(typed))
    digits = sum(c.isdigit() for c in typed)
    phones = _numbers(typed, countries) if digits in PHONE_DIGITS and _PHONE.fullmatch(typed) else ()
    return Sought(phones=phones, external_id=typed or None, words=words(typed))


def _numbers(typed: str, countries: Iterable[str]) -> tuple[str, ...]:
    import phonenumbers  # its metadata is large: loaded where a number is read

    found: dict[str, None] = {}
    for country in (None,) if typed.startswith("+") else dict.fromkeys(countries):
        try:
            number = phonenumbers.parse(typed, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            found[phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)] = None
    return tuple(found)
