from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from local.presigned import PresignedUrls, RefusedUrl, StorageRequest

KEY, SECRET = "PARLEYKEY", "secret"
BASE = "http://127.0.0.1:8080"


def presign(method: str, key: str = "assets/ten_1/live/ast 1+ü.png", secret: str = SECRET, **params: Any) -> str:
    s3 = boto3.client(
        "s3",
        endpoint_url=BASE,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=secret,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    return s3.generate_presigned_url(method, {"Bucket": "parley-uploads", "Key": key, **params}, ExpiresIn=60)


def check(method: str, url: str, at: datetime | None = None, **headers: str) -> dict[str, str]:
    parts = urlsplit(url)
    told = {"host": parts.netloc, **{name.replace("_", "-"): value for name, value in headers.items()}}
    request = StorageRequest(method, parts.path, parts.query, told)
    return PresignedUrls(KEY, SECRET, "us-east-1").check(request, at or datetime.now(UTC))


def refused(*arguments: Any, **headers: str) -> str:
    with pytest.raises(RefusedUrl) as refusal:
        check(*arguments, **headers)
    return refusal.value.code


def test_what_boto_signs_is_good() -> None:
    assert check("GET", presign("get_object")) == {}
    assert check("HEAD", presign("head_object")) == {}
    url = presign("put_object", ContentType="image/png", ContentLength=8)
    check("PUT", url, content_type="image/png", content_length="8", user_agent="anything")


def test_an_override_of_the_answer_is_signed_and_passed_on() -> None:
    url = presign("get_object", ResponseContentDisposition='attachment; filename="a b.mp4"')
    assert check("GET", url)["response-content-disposition"] == 'attachment; filename="a b.mp4"'
    assert refused("GET", url.replace("a%20b", "evil")) == "SignatureDoesNotMatch"


def test_another_method_is_refused() -> None:
    assert refused("PUT", presign("get_object")) == "SignatureDoesNotMatch"


def test_another_key_is_refused() -> None:
    assert refused("GET", presign("get_object").replace("ten_1", "ten_2")) == "SignatureDoesNotMatch"


def test_a_changed_signature_is_refused() -> None:
    url = presign("get_object")
    assert refused("GET", url[:-1] + ("0" if url[-1] != "0" else "1")) == "SignatureDoesNotMatch"


def test_another_secret_is_refused() -> None:
    assert refused("GET", presign("get_object", secret="guessed")) == "SignatureDoesNotMatch"


def test_no_signature_is_refused() -> None:
    assert refused("GET", f"{BASE}/parley-uploads/a") == "AccessDenied"


def test_an_expired_url_is_refused_and_one_from_the_future_too() -> None:
    url, now = presign("get_object"), datetime.now(UTC)
    assert refused("GET", url, now + timedelta(seconds=61)) == "AccessDenied"
    assert refused("GET", url, now - timedelta(hours=1)) == "AccessDenied"


def test_a_longer_life_cannot_be_written_into_the_url() -> None:
    url = presign("get_object").replace("X-Amz-Expires=60", "X-Amz-Expires=600")
    assert refused("GET", url) == "SignatureDoesNotMatch"
    assert refused("GET", presign("get_object").replace("Expires=60", "Expires=9999999")).startswith("Authorization")


def test_a_signed_length_and_type_bind_the_upload() -> None:
    url = presign("put_object", ContentType="image/png", ContentLength=8)
    assert refused("PUT", url, content_type="image/png", content_length="9") == "SignatureDoesNotMatch"
    assert refused("PUT", url, content_type="text/html", content_length="8") == "SignatureDoesNotMatch"
    assert refused("PUT", url, content_length="8") == "SignatureDoesNotMatch"


def test_headers_that_ask_for_more_must_be_signed() -> None:
    assert refused("PUT", presign("put_object"), x_amz_copy_source="/parley-media/renders/x") == "AccessDenied"


def test_other_operations_cannot_be_asked_for() -> None:
    url = presign("get_object_tagging")
    assert refused("GET", url) == "NotImplemented"


def test_a_parameter_given_twice_is_refused() -> None:
    assert refused("GET", presign("get_object") + "&X-Amz-Expires=60") == "AuthorizationQueryParametersError"
