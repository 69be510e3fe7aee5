"""Phonetic keys of names and streets, mostly unaffected by typing errors, spellings and swapped names."""

from __future__ import annotations

import re
from collections.abc import Sequence

# A longer key would lose more true pairs than it would keep strangers apart.
_KEY_LENGTH = 4
# No postal code is longer; the size of a key is limited.
_MAX_POSTAL_CODE_LENGTH = 12
_SEPARATORS = re.compile(r"[\W_]+")


def phonetic_key(word: str) -> str:
    """The English sound of one folded word, by Metaphone; a word in another script is its own key."""
    import jellyfish  # loaded where clients are indexed

    return (jellyfish.metaphone(word) if word.isascii() else "") or word


def phonetic_keys(
    first: Sequence[str], last: Sequence[str], address: Sequence[str], postal_code: str
) -> frozenset[str]:
    """The keys of a client given as folded words: two records of one person mostly share one.

    Each name's sound is combined with the other's initial, so that an error in one or swapping both leaves a key; the
    street's sound is combined with the house number and with the postal code, for errors in both names.
    """
    names = [name for name in ("".join(first[:1]), "".join(last)) if name]
    others = reversed(names) if len(names) > 1 else [""] * len(names)
    keys = {f"{phonetic_key(name)[:_KEY_LENGTH]}.{other[:1]}" for name, other in zip(names, others, strict=True)}
    street = next((phonetic_key(word)[:_KEY_LENGTH] for word in address if not word[0].isdigit()), None)
    number = next((word for word in address if word[0].isdigit()), None)
    code = _SEPARATORS.sub("", postal_code).casefold()[:_MAX_POSTAL_CODE_LENGTH]
    return frozenset(keys | {f"{street}#{place}" for place in (number, code) if street and place})
