"""The demo organisation's clients: combined from lists of names, the same ones every time."""

from __future__ import annotations

import random
import unicodedata
from typing import Any

_FIRST_NAMES = (
    "Ana Noah Olivia Liam Emma Ethan Zoé Lucas Amélie Gabriel Aisha Omar Fatima Ravi Anjali Wei Jun Sofia Mateo "
    "Isla Callum Freya Anders Ingrid Thabo Nia Kofi Ada Marek Zofia Yuki Haruto Leila Samir Camille Étienne"
)
_LAST_NAMES = (
    "Ruiz Martin Tremblay Roy Gagnon Smith Brown Wilson MacDonald Campbell Murphy Power Walsh Singh Gill Patel "
    "Sharma Wong Chen Li Nguyen Tran Kim Park Silva Costa Haddad Khan Ahmed Okafor Mensah Novak Kowalski Larsen"
)


def demo_clients(count: int, seed: int = 7) -> list[dict[str, Any]]:
    """``count`` attendees with different names and addresses; about every fifth prefers French, some take texts."""
    chance = random.Random(seed)  # noqa: S311  # the same people every time, and no secret
    pairs = [(first, last) for first in _FIRST_NAMES.split() for last in _LAST_NAMES.split()]
    return [_client(number, pair, chance) for number, pair in enumerate(chance.sample(pairs, count))]


def _client(number: int, name: tuple[str, str], chance: random.Random) -> dict[str, Any]:
    first, last = name
    client: dict[str, Any] = {
        "first_name": first,
        "last_name": last,
        "email": f"{_ascii(first)}.{_ascii(last)}@example.com",
        "language": "fr" if chance.random() < 0.2 else "en",
    }
    if number % 2:
        # 555-0100 to 555-0199 are reserved for fiction.
        client |= {"mobile": f"+1416555{100 + number % 100:04d}", "receive_sms": chance.random() < 0.3}
    return client


def _ascii(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()
