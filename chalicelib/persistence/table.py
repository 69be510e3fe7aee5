"""The one item type of the table for PynamoDB: native keys and indexes, the record itself as JSON."""

from __future__ import annotations

from typing import Any, ClassVar

from pynamodb.attributes import Attribute, NumberAttribute, UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.constants import MAP, STRING
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection
from pynamodb.models import Model

from chalicelib.persistence import keys
from chalicelib.persistence.patient_connection import PatientConnection


class StringMap(Attribute[dict[str, str]]):
    """A native map of strings, so that one entry can be removed without reading the others."""

    attr_type = MAP

    def serialize(self, value: dict[str, str]) -> dict[str, Any]:
        """The map in DynamoDB's format."""
        return {key: {STRING: text} for key, text in value.items()}

    def deserialize(self, value: dict[str, Any]) -> dict[str, str]:
        """The map from DynamoDB's format."""
        return {key: text[STRING] for key, text in value.items()}


def _index(name: str) -> GlobalSecondaryIndex[Any]:
    """The index of this name in ``keys.INDEXES``."""
    partition, sort = keys.INDEXES[name]
    projection = IncludeProjection(list(keys.DUE_INDEX_ATTRIBUTES)) if name == "due" else AllProjection()
    body = {
        "Meta": type("Meta", (), {"index_name": name, "projection": projection}),
        partition: UnicodeAttribute(hash_key=True),
        sort: UnicodeAttribute(range_key=True),
    }
    index: GlobalSecondaryIndex[Any] = type(name, (GlobalSecondaryIndex,), body)()
    return index


class Row(Model):
    """Any item of the table; ``kind`` names the record in ``body``."""

    class Meta:
        """The table for PynamoDB; ``connect_table`` fills it in before the first use."""

        table_name = ""
        region: str | None = None
        connect_timeout_seconds = 1
        read_timeout_seconds = 5
        # ``PatientConnection`` repeats requests, and knows what may be repeated.
        max_retry_attempts = 0

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    version = NumberAttribute(null=True)
    body = UnicodeAttribute(null=True)
    blocks = StringMap(null=True)
    occupants = StringMap(null=True)
    upcoming = StringMap(null=True)
    met = NumberAttribute(null=True)
    state = UnicodeAttribute(null=True)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    gsi3pk = UnicodeAttribute(null=True)
    gsi3sk = UnicodeAttribute(null=True)
    duepk = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    ttl = NumberAttribute(null=True)

    agenda: ClassVar[GlobalSecondaryIndex[Any]] = _index("agenda")
    queue: ClassVar[GlobalSecondaryIndex[Any]] = _index("queue")
    review: ClassVar[GlobalSecondaryIndex[Any]] = _index("review")
    due: ClassVar[GlobalSecondaryIndex[Any]] = _index("due")


def connect_table(table_name: str, region: str) -> Connection:
    """Bind this process to its table; returns the one connection that rows and transactions share.

    A second connection would mean a second client, about 100 ms and 10 MiB (pynamodb #1245).
    """
    Row.Meta.table_name = table_name
    Row.Meta.region = region
    of_table = Row._get_connection()  # noqa: SLF001  # PynamoDB offers no other way to its client
    if not isinstance(of_table.connection, PatientConnection):
        patient = PatientConnection(
            region,
            connect_timeout_seconds=Row.Meta.connect_timeout_seconds,
            read_timeout_seconds=Row.Meta.read_timeout_seconds,
            max_retry_attempts=Row.Meta.max_retry_attempts,
        )
        patient.add_meta_table(of_table.get_meta_table())
        of_table.connection = patient
    return of_table.connection
