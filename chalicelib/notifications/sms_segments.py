"""Text messages of at most three segments, cut where a visible character ends."""

from __future__ import annotations

import unicodedata

# The GSM 03.38 alphabet: one character outside it makes the whole text UTF-16, for which less than half fits.
GSM_ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Three segments of a concatenated text, in characters and in UTF-16 units.
_GSM_LIMIT = 3 * 153
_UTF16_LIMIT = 3 * 67
_ELLIPSIS = "..."
_JOINER = "\u200d"
_MARKS = frozenset({"Mn", "Mc", "Me"})
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
# Longer than any real visible character; longer heaps of marks are cut within.
_MAX_CHARACTER_LENGTH = 32


def fit_to_segments(body: str, suffix: str = "") -> str:
    """``body`` and ``suffix``, the body cut so that both fit into three segments (case 24)."""
    if set(body + suffix) <= GSM_ALPHABET:
        room = _GSM_LIMIT - len(suffix)
        return (body if len(body) <= room else body[: room - len(_ELLIPSIS)] + _ELLIPSIS) + suffix
    room = _UTF16_LIMIT - _utf16_units(suffix)
    if _utf16_units(body) > room:
        body = body[: _character_boundary(body, _code_points_within(body, room - len(_ELLIPSIS)))] + _ELLIPSIS
    return body + suffix


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _code_points_within(text: str, units: int) -> int:
    """The number of code points from the start that take at most ``units`` UTF-16 units."""
    used = 0
    for count, char in enumerate(text):
        used += _utf16_units(char)
        if used > units:
            return count
    return len(text)


def _character_boundary(text: str, end: int) -> int:
    """The nearest end at or before this one that cuts no visible character in two."""
    for earlier in range(end, max(end - _MAX_CHARACTER_LENGTH, 0), -1):
        if not _is_joined(text, earlier):
            return earlier
    return end


def _is_joined(text: str, at: int) -> bool:
    """True if the code point here belongs to the character before it: an accent, a skin tone, half a flag or family."""
    before, here = text[at - 1], text[at]
    if _JOINER in (here, before) or unicodedata.category(here) in _MARKS:
        return True
    if ord(here) in _FLAG_LETTERS:
        letters = len(text[:at]) - len(text[:at].rstrip("".join(map(chr, _FLAG_LETTERS))))
        return letters % 2 == 1
    return ord(here) in _SKIN_TONES or ord(here) in _TAGS
