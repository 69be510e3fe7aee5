"""The content of a notice about an address, in words (TR-2, TR-3)."""

from __future__ import annotations

from functools import partial

from chalicelib.domain.messaging.address_notices import AddressNotice
from chalicelib.notifications.content import MessageContent, Tone
from chalicelib.notifications.translations import one_line, translations_for


def build_notice_content(notice: AddressNotice) -> MessageContent:
    """The notice in its recipient's language: words alone, no link and no address."""
    translations = translations_for(notice.language)
    values = {"name": one_line(notice.name), "organisation": one_line(notice.organisation)}
    words = partial(translations.message, "notices", notice.kind)
    return MessageContent(
        language=translations.language,
        organisation=values["organisation"],
        subject=words("subject", **values),
        heading=words("heading", **values),
        lead=words("lead", **values),
        rows=(),
        plain_rows=(),
        actions=(),
        closing=(words("closing", **values),),
        footer=translations.line("notice_footer", **values),
        tone=Tone.OPEN,
    )
