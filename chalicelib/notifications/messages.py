"""Messages ready to be sent: an e-mail's HTML and plain text, and the body of a text message."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.domain.notices import Notice
from chalicelib.notifications.letters import letter, manage_url, place
from chalicelib.notifications.wording import TEMPLATES, one_line, wording

if TYPE_CHECKING:
    from jinja2 import Environment

# The GSM 03.38 alphabet: one character outside it makes the whole text UTF-16, less than half as long.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Three segments of a concatenated text, in characters and in UTF-16 units.
_GSM_LIMIT = 3 * 153
_UTF16_LIMIT = 3 * 67
_TYPOGRAPHY = str.maketrans({"’": "'", "–": "-", "−": "-", "\u00a0": " ", "\u202f": " "})


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail's content."""

    subject: str
    html: str
    text: str


def mail(notice: Notice, public_url: str) -> Mail:
    """The e-mail for a notice; what people typed appears literally in both bodies (case 24)."""
    content = letter(notice, public_url)
    templates = _templates()
    return Mail(
        subject=one_line(content.subject),
        html=templates.get_template("mail.html").render(letter=content),
        text=templates.get_template("mail.txt").render(letter=content),
    )


def text(notice: Notice, public_url: str) -> str:
    """The text message for a notice: at most three segments, cut between code points (case 24).

    Who gets no e-mail finds the link to the appointment in the text; it is never cut.
    """
    words = wording(notice.language)
    body = words.kind(
        notice.kind,
        "text",
        elsewhere=notice.moved_elsewhere,
        organisation=one_line(notice.organisation),
        service=one_line(notice.service),
        when=words.short_moment(notice.start, notice.timezone),
        place=place(notice, words),
    )
    link = manage_url(notice, public_url)
    tail = " " + words.line("text_link", url=link) if link and not notice.has_email else ""
    return shortened(one_line(body).translate(_TYPOGRAPHY), tail.translate(_TYPOGRAPHY))


def shortened(body: str, tail: str = "") -> str:
    """``body`` and ``tail``, the body cut so that both fit into three segments."""
    if set(body + tail) <= _GSM:
        room = _GSM_LIMIT - len(tail)
        return (body if len(body) <= room else body[: room - 3] + "...") + tail
    room = _UTF16_LIMIT - _units(tail)
    if _units(body) > room:
        while _units(body) > room - 3:
            body = body[:-1]
        body += "..."
    return body + tail


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@lru_cache(maxsize=1)
def _templates() -> Environment:
    # Imported where a message is written: no other function pays for it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
