import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from local.cloud import names
from local.presigned import PresignedUrls
from local.storage import Storage
from tests.local.conftest import KEY_ID, SECRET, CloudProcess

KEY = "assets/ten_1/test/ast 1ü"


class Door:
    """The buckets as a client of the one port sees them; `now` is the platform's clock."""

    def __init__(self, cloud: CloudProcess) -> None:
        self._cloud = cloud
        self.now = datetime.now(UTC)

    def ask(self, method: str, url: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            urls = PresignedUrls(KEY_ID, SECRET, names.REGION)
            storage = Storage(urls, self._cloud.url, self._cloud.state / "objects", 1000, lambda: self.now)
            async with httpx.AsyncClient(transport=httpx.ASGITransport(storage)) as client:
                return await client.request(method, url, **options)

        return asyncio.run(ask())

    def sign(self, operation: str, **params: Any) -> str:
        params = {"Bucket": names.UPLOADS_BUCKET, "Key": KEY, **params}
        return self._cloud.client("s3").generate_presigned_url(operation, params, ExpiresIn=60)


@pytest.fixture
def door(cloud: CloudProcess) -> Iterator[Door]:
    yield Door(cloud)


@pytest.mark.parametrize(
    ("path", "owned"),
    [
        ("*", False),
        ("", False),
        ("/", False),
        ("//parley-uploads/x", False),
        ("/parley-uploads-2/x", False),
        ("/parley-uploads", True),
        ("/parley-media/x", True),
    ],
)
def test_only_paths_in_our_buckets_are_storage(path: str, owned: bool) -> None:
    assert Storage.owns(path) is owned


def stored(cloud: CloudProcess) -> Any:
    return cloud.client("s3").get_object(Bucket=names.UPLOADS_BUCKET, Key=KEY)


def test_a_presigned_put_becomes_an_object_that_announces_itself(cloud: CloudProcess, door: Door) -> None:
    url = door.sign("put_object", ContentType="image/png", ContentLength=5)
    answer = door.ask("PUT", url, content=b"12345", headers={"content-type": "image/png"})
    assert answer.status_code == 200
    assert answer.headers["etag"] == stored(cloud)["ETag"]
    assert stored(cloud)["ContentType"] == "image/png"
    cloud.restart()
    assert stored(cloud)["Body"].read() == b"12345"
    sqs = cloud.client("sqs")
    received = sqs.receive_message(QueueUrl=cloud.queue(names.INSPECT_QUEUE), WaitTimeSeconds=2)
    assert "ast+1%C3%BC" in received["Messages"][0]["Body"]


def test_a_presigned_get_gives_the_bytes_and_their_ranges(cloud: CloudProcess, door: Door) -> None:
    cloud.client("s3").put_object(Bucket=names.UPLOADS_BUCKET, Key=KEY, Body=b"0123456789", ContentType="video/mp4")
    whole = door.ask("GET", door.sign("get_object"))
    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["accept-ranges"] == "bytes"
    part = door.ask("GET", door.sign("get_object"), headers={"range": "bytes=7-"})
    assert (part.status_code, part.content) == (206, b"789")
    assert part.headers["content-range"] == "bytes 7-9/10"
    assert door.ask("GET", door.sign("get_object"), headers={"range": "bytes=99-"}).status_code == 416
    head = door.ask("HEAD", door.sign("head_object"))
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "10", b"")


def test_a_download_can_be_given_a_name(cloud: CloudProcess, door: Door) -> None:
    cloud.client("s3").put_object(Bucket=names.UPLOADS_BUCKET, Key=KEY, Body=b"x")
    url = door.sign("get_object", ResponseContentDisposition='attachment; filename="a.mp4"')
    assert door.ask("GET", url).headers["content-disposition"] == 'attachment; filename="a.mp4"'


def test_an_overlong_upload_is_refused_and_leaves_nothing(cloud: CloudProcess, door: Door) -> None:
    before = sorted((cloud.state / "objects").iterdir())
    assert door.ask("PUT", door.sign("put_object"), content=b"x" * 1001).status_code == 413
    bound = door.sign("put_object", ContentLength=5)
    assert door.ask("PUT", bound, content=b"123456").status_code == 403
    assert sorted((cloud.state / "objects").iterdir()) == before


def test_a_body_that_differs_from_its_length_is_refused_and_leaves_nothing(cloud: CloudProcess, door: Door) -> None:
    before = sorted((cloud.state / "objects").iterdir())
    for claimed in ("3", "9"):
        answer = door.ask("PUT", door.sign("put_object"), content=b"12345", headers={"content-length": claimed})
        assert answer.status_code == 400
    assert sorted((cloud.state / "objects").iterdir()) == before


def test_expired_foreign_and_missing_signatures_are_refused_in_the_words_of_s3(door: Door) -> None:
    url = door.sign("get_object")
    assert "<Code>SignatureDoesNotMatch</Code>" in door.ask("GET", url.replace("ten_1", "ten_2")).text
    assert "<Code>AccessDenied</Code>" in door.ask("GET", urlsplit(url)._replace(query="").geturl()).text
    door.now += timedelta(seconds=61)
    answer = door.ask("GET", url)
    assert (answer.status_code, "expired" in answer.text) == (403, True)


def test_what_is_not_there_is_said_only_to_those_with_a_signature(door: Door) -> None:
    assert door.ask("GET", door.sign("get_object", Key="assets/none")).status_code == 404


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH"])
def test_other_methods_are_refused(door: Door, method: str) -> None:
    assert door.ask(method, door.sign("get_object")).status_code == 405


def test_browsers_may_upload_and_play_from_any_page(door: Door) -> None:
    answer = door.ask("OPTIONS", door.sign("put_object"), headers={"origin": "https://example.com"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "PUT" in answer.headers["access-control-allow-methods"]


def test_only_our_two_buckets_are_served() -> None:
    assert Storage.owns(f"/{names.MEDIA_BUCKET}/renders/x")
    assert not Storage.owns("/other-bucket/x")
    assert not Storage.owns("/api/v1/assets")
