"""Upload a package for CloudFormation and Lambda: to a private bucket, under names derived from the content."""

from __future__ import annotations

import copy
import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra import package
from infra.aws_clients import Clients


def upload(clients: Clients, prefix: str, built: Path, template: dict[str, Any]) -> str:
    """Upload the archives and the template that names them; return the template's URL."""
    bucket = _bucket(clients)
    s3 = clients("s3")
    keys = {
        name: f"{prefix}/{_content_hash(built / name)}.zip" for name in (package.CODE_ARCHIVE, package.LAYER_ARCHIVE)
    }
    for name, key in keys.items():
        if not _is_uploaded(s3, bucket, key):
            s3.upload_file(str(built / name), bucket, key)
    body = json.dumps(_with_archive_uris(template, bucket, keys)).encode()
    key = f"{prefix}/{hashlib.sha256(body).hexdigest()}.template.json"
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    return f"{s3.meta.endpoint_url}/{bucket}/{key}"


def _bucket(clients: Clients) -> str:
    """The account's bucket for this region, created at the first deployment."""
    account = clients("sts").get_caller_identity()["Account"]
    s3 = clients("s3")
    region = s3.meta.region_name
    bucket = f"frontdesk-artifacts-{account}-{region}"
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise
        # us-east-1 is S3's default location and must not be named.
        configuration = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket, **configuration)
        blocked = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(blocked, True))
    return bucket


def _is_uploaded(s3: Any, bucket: str, key: str) -> bool:
    return bool(s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)["KeyCount"])


def _content_hash(archive: Path) -> str:
    """A hash of names and contents only: an archive's time stamps change with every build."""
    with zipfile.ZipFile(archive) as members:
        contents = sorted((member.filename, member.CRC, member.file_size) for member in members.infolist())
    return hashlib.sha256(repr(contents).encode()).hexdigest()


def _with_archive_uris(template: dict[str, Any], bucket: str, keys: dict[str, str]) -> dict[str, Any]:
    """The template with the archives' URIs in the bucket instead of their local file names."""
    uploaded = copy.deepcopy(template)
    for resource in uploaded["Resources"].values():
        properties = resource.get("Properties", {})
        for field in ("CodeUri", "ContentUri"):
            if field in properties:
                properties[field] = f"s3://{bucket}/{keys[Path(properties[field]).name]}"
    return uploaded
