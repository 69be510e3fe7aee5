"""The size of an item is known before DynamoDB refuses it (TR-65)."""

from __future__ import annotations

import pytest

from chalicelib.domain.shared.errors import DayFull, Invalid
from chalicelib.persistence.item_size import MAX_ITEM_BYTES, item_bytes, require_room
from chalicelib.persistence.table import Row


@pytest.mark.parametrize(
    ("row", "size"),
    [
        (Row("a", "b"), len("pk" + "a" + "sk" + "b")),
        (Row("a", "b", body="Zoë 😀"), len("pkaskb" + "body") + 9),
        (Row("a", "b", upcoming={"apt_1": "12"}), len("pkaskb" + "upcoming") + 3 + len("apt_1" + "12") + 1),
        (Row("a", "b", version=7), len("pkaskb" + "version") + 21),
    ],
)
def test_bytes_are_counted_as_dynamodb_counts_them(row: Row, size: int) -> None:
    assert item_bytes(row) == size


@pytest.mark.parametrize(("kind", "refusal"), [("sheet", DayFull), ("client", Invalid)])
def test_a_row_that_would_not_fit_is_refused(kind: str, refusal: type[Exception]) -> None:
    room = MAX_ITEM_BYTES - item_bytes(Row("a", "b", kind=kind, body=""))

    require_room([Row("a", "b", kind=kind, body="x" * room)])
    with pytest.raises(refusal):
        require_room([Row("a", "b", kind=kind, body="x" * (room + 1))])
