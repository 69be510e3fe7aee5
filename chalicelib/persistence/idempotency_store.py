"""Stored responses to Idempotency-Keys; long ones are compressed, as an item holds at most 400 kB."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode

from chalicelib.services.store_port import StoredResponse

# A year's blocks with many services come to half a megabyte of repeated ids.
_COMPRESS_ABOVE = 20_000


def encode_response(response: StoredResponse) -> str:
    """The response as text for a row."""
    packed = len(response.body) > _COMPRESS_ABOVE
    body = b64encode(zlib.compress(response.body.encode())).decode() if packed else response.body
    return json.dumps({"fingerprint": response.fingerprint, "status": response.status, "body": body, "packed": packed})


def decode_response(text: str) -> StoredResponse:
    """The response that ``encode_response`` wrote."""
    stored = json.loads(text)
    body = zlib.decompress(b64decode(stored["body"])).decode() if stored["packed"] else stored["body"]
    return StoredResponse(stored["fingerprint"], stored["status"], body)
