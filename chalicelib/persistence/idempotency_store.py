"""The answers kept under Idempotency-Keys; long ones are compressed, as an item holds no more than 400 kB."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode

from chalicelib.services.store_port import StoredResponse

# A year's blocks with many services come to half a megabyte of ids said again and again.
_COMPRESS_ABOVE = 20_000


def encode_response(response: StoredResponse) -> str:
    """The answer as a row keeps it."""
    packed = len(response.body) > _COMPRESS_ABOVE
    body = b64encode(zlib.compress(response.body.encode())).decode() if packed else response.body
    return json.dumps({"fingerprint": response.fingerprint, "status": response.status, "body": body, "packed": packed})


def decode_response(text: str) -> StoredResponse:
    """The answer as it was given."""
    kept = json.loads(text)
    body = zlib.decompress(b64decode(kept["body"])).decode() if kept["packed"] else kept["body"]
    return StoredResponse(kept["fingerprint"], kept["status"], body)
