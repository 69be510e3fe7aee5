"""The language of a text when the wanted one is not offered."""

from __future__ import annotations

from collections.abc import Collection, Iterable

FALLBACK_LANGUAGE = "en"


def choose_language(
    preferred: Iterable[str | None], offered: Collection[str], fallback: str = FALLBACK_LANGUAGE
) -> str:
    """The first preferred language that is offered, ``fr`` standing in for ``fr-CA``; else ``fallback`` (NT-8)."""
    for tag in filter(None, preferred):
        for candidate in (tag, tag.partition("-")[0]):
            if candidate in offered:
                return candidate
    return fallback
