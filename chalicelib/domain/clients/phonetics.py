"""How names and streets sound: keys that typing errors, other spellings and swapped names mostly leave as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence

# More of a sound than this tells more true pairs apart than it keeps strangers from each other.
_KEY_LENGTH = 4
# No postal code is longer; a key has only so much room.
_MAX_POSTAL_CODE_LENGTH = 12
_SEPARATORS = re.compile(r"[\W_]+")


def phonetic_key(word: str) -> str:
    """How one folded word is said in English, by Metaphone; one in another script stands for itself."""
    import jellyfish  # loaded where clients are filed

    return (jellyfish.metaphone(word) if word.isascii() else "") or word


def phonetic_keys(
    first: Sequence[str], last: Sequence[str], address: Sequence[str], postal_code: str
) -> frozenset[str]:
    """The keys of a client given as folded words: two records of one person mostly have one in common.

    Either name's sound goes with the other's initial, so that an error in one of them leaves a key, and so does
    swapping them; the street's sound goes with the house number and with the postal code, for errors in both names.
    """
    names = [name for name in ("".join(first[:1]), "".join(last)) if name]
    others = reversed(names) if len(names) > 1 else [""] * len(names)
    keys = {f"{phonetic_key(name)[:_KEY_LENGTH]}.{other[:1]}" for name, other in zip(names, others, strict=True)}
    street = next((phonetic_key(word)[:_KEY_LENGTH] for word in address if not word[0].isdigit()), None)
    number = next((word for word in address if word[0].isdigit()), None)
    code = _SEPARATORS.sub("", postal_code).casefold()[:_MAX_POSTAL_CODE_LENGTH]
    return frozenset(keys | {f"{street}#{place}" for place in (number, code) if street and place})
