"""Bodies that create or change a record: the fields are declared once, the PATCH body is derived."""

from __future__ import annotations

from typing import Any

from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from chalicelib.api.schemas.shared.fields import RequestModel


class RecordBody(RequestModel):
    """The fields of a record, as a request sets them."""

    def values(self) -> dict[str, Any]:
        """The fields that were sent, in the domain's types."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def patch_model(full_model: type[RecordBody], name: str) -> type[RecordBody]:
    """The same fields for a PATCH: none is required, and null is allowed only where the full body allows it."""
    fields: dict[str, Any] = {field: _optional_field(info) for field, info in full_model.model_fields.items()}
    made: type[RecordBody] = create_model(
        name,
        __base__=full_model,
        __module__=full_model.__module__,
        __doc__=f"{full_model.__doc__} Only what is sent changes.",
        **fields,
    )
    return made


def _optional_field(info: FieldInfo) -> tuple[Any, Any]:
    # A factory instead of a default: the document then promises no value, and nothing is checked against one.
    return info.rebuild_annotation(), Field(default_factory=_no_default, description=info.description)


def _no_default() -> None:
    return None
