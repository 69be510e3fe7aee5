"""Messages ready to be sent: an e-mail's HTML and plain text, and the body of a text message."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.domain.messaging.notification_policy import FAREWELLS
from chalicelib.domain.messaging.notifications import Notice
from chalicelib.notifications.content import letter, manage_url, place
from chalicelib.notifications.sms_segments import shortened
from chalicelib.notifications.translations import TEMPLATES, one_line, wording

if TYPE_CHECKING:
    from jinja2 import Environment

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
    """The text message for a notice: at most three segments, cut between characters (case 24).

    Why something does not take place is said as far as there is room. Who gets no e-mail finds the link to the
    appointment in the text; it is never cut.
    """
    words = wording(notice.language)
    body = words.kind(
        notice.manner,
        notice.kind,
        "text",
        organisation=one_line(notice.organisation),
        service=one_line(notice.service),
        when=words.short_moment(notice.start, notice.timezone),
        place=place(notice, words),
    )
    ends = notice.kind in FAREWELLS
    if ends and notice.reason:
        body += " " + words.line("colon", label=words.label("reason"), value=one_line(notice.reason))
    link = "" if ends or notice.has_email else manage_url(notice, public_url)
    tail = " " + words.line("text_link", url=link) if link else ""
    return shortened(one_line(body).translate(_TYPOGRAPHY), tail.translate(_TYPOGRAPHY))


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
