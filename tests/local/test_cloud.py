import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from botocore.exceptions import ClientError

from local.cloud import names
from tests.local.conftest import CloudProcess, bodies, get, put
from tests.waiting import HANG_SECONDS


def test_objects_survive_with_their_type_metadata_and_ranges(cloud: CloudProcess) -> None:
    s3 = cloud.client("s3")
    s3.put_object(Bucket=names.MEDIA_BUCKET, Key="renders/a ü.mp4", Body=b"old", ContentType="video/mp4")
    s3.put_object(
        Bucket=names.MEDIA_BUCKET,
        Key="renders/a ü.mp4",
        Body=b"0123456789",
        ContentType="video/mp4",
        Metadata={"f": "7"},
    )
    s3.put_object(Bucket=names.MEDIA_BUCKET, Key="renders/gone", Body=b"x")
    s3.delete_object(Bucket=names.MEDIA_BUCKET, Key="renders/gone")
    before = s3.head_object(Bucket=names.MEDIA_BUCKET, Key="renders/a ü.mp4")
    cloud.restart()
    after = s3.head_object(Bucket=names.MEDIA_BUCKET, Key="renders/a ü.mp4")
    for field in ("ETag", "ContentLength", "ContentType", "Metadata", "LastModified"):
        assert after[field] == before[field]
    part = s3.get_object(Bucket=names.MEDIA_BUCKET, Key="renders/a ü.mp4", Range="bytes=2-4")
    assert part["Body"].read() == b"234"
    listed = s3.list_objects_v2(Bucket=names.MEDIA_BUCKET, Prefix="renders/")
    assert [entry["Key"] for entry in listed["Contents"]] == ["renders/a ü.mp4"]


def test_only_bodies_that_some_object_has_lie_on_the_disk(cloud: CloudProcess) -> None:
    s3 = cloud.client("s3")
    count = len(list((cloud.state / "objects").iterdir()))
    for body in (b"1", b"2", b"3"):
        s3.put_object(Bucket=names.MEDIA_BUCKET, Key="speech/one", Body=body)
    assert len(list((cloud.state / "objects").iterdir())) == count + 1
    s3.delete_objects(Bucket=names.MEDIA_BUCKET, Delete={"Objects": [{"Key": "speech/one"}]})
    assert len(list((cloud.state / "objects").iterdir())) == count


def test_a_multipart_upload_becomes_one_object_that_survives(cloud: CloudProcess) -> None:
    s3, where = cloud.client("s3"), {"Bucket": names.MEDIA_BUCKET, "Key": "renders/large"}
    upload = s3.create_multipart_upload(**where)["UploadId"]
    parts = []
    for number, body in ((1, b"a" * 5_242_880), (2, b"b")):
        tag = s3.upload_part(**where, UploadId=upload, PartNumber=number, Body=body)["ETag"]
        parts.append({"ETag": tag, "PartNumber": number})
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    cloud.restart()
    assert s3.get_object(**where, Range="bytes=5242879-")["Body"].read() == b"ab"


def test_a_file_that_was_uploaded_in_parts_is_read_whole_and_its_checksum_holds(
    cloud: CloudProcess, tmp_path: Path
) -> None:
    """Ninety seconds of speech are such a file: readers verify the checksum of whatever they read whole."""
    file, where = tmp_path / "speech.wav", {"Bucket": names.MEDIA_BUCKET, "Key": "speech/long"}
    body = bytes(range(256)) * 36_864  # 9 MB, more than boto3 sends in one piece
    file.write_bytes(body)
    cloud.client("s3").upload_file(str(file), *where.values())
    assert cloud.client("s3").get_object(**where)["Body"].read() == body
    cloud.restart()
    assert cloud.client("s3").get_object(**where)["Body"].read() == body


def test_an_upload_announces_itself_once_and_the_announcement_survives(cloud: CloudProcess) -> None:
    cloud.client("s3").put_object(Bucket=names.UPLOADS_BUCKET, Key="assets/ten_1/test/ast_1", Body=b"picture")
    cloud.restart()
    (body,) = bodies(cloud, names.INSPECT_QUEUE, wait=2)
    (record,) = json.loads(body)["Records"]
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["s3"]["bucket"]["name"] == names.UPLOADS_BUCKET
    assert record["s3"]["object"]["size"] == 7


def test_only_manifests_under_batches_are_announced(cloud: CloudProcess) -> None:
    s3 = cloud.client("s3")
    s3.put_object(Bucket=names.UPLOADS_BUCKET, Key="batches/ten_1/test/bat_1.jsonl", Body=b"{}")
    s3.put_object(Bucket=names.UPLOADS_BUCKET, Key="batches/ten_1/test/bat_1.txt", Body=b"{}")
    assert len(bodies(cloud, names.BATCHES_QUEUE, wait=2)) == 1


def test_messages_survive_until_they_are_deleted(cloud: CloudProcess) -> None:
    sqs, url = cloud.client("sqs"), cloud.queue(names.BATCH_LINES_QUEUE)
    for body in ("kept", "done"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    (done,) = [message for message in received if message["Body"] == "done"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=done["ReceiptHandle"])
    cloud.restart()
    assert bodies(cloud, names.BATCH_LINES_QUEUE, wait=2) == ["kept"]


def test_no_message_goes_to_two_receivers(cloud: CloudProcess) -> None:
    sqs, url = cloud.client("sqs"), cloud.queue(names.RENDER_QUEUE)

    def receive(_: int) -> list[str]:
        # Hidden for longer than this lasts: only a fault of ours shows a message twice.
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=3, WaitTimeSeconds=1, VisibilityTimeout=3600)
        return [message["Body"] for message in answer.get("Messages", [])]

    with ThreadPoolExecutor(8) as pool:
        receivers = pool.map(receive, range(16))
        for number in range(24):
            sqs.send_message(QueueUrl=url, MessageBody=str(number))
        got = [body for batch in receivers for body in batch]
    assert len(got) == len(set(got))


def test_a_receiver_that_died_while_it_waited_gets_no_message(cloud: CloudProcess) -> None:
    quiet = "parley-render-dlq"
    url = cloud.queue(quiet)
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20})
    head = (
        "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/sqs/aws4_request\r\n"
        f"Content-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    dying = [socket.create_connection(("127.0.0.1", cloud.port)) for _ in range(3)]
    for receiver in dying:
        receiver.sendall((head + body).encode())
    assert bodies(cloud, quiet, wait=1) == []
    for receiver in dying:
        receiver.close()
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="for the living")
    assert bodies(cloud, quiet, wait=5) == ["for the living"]


def test_unfinished_renders_and_uninspected_assets_are_taken_up_again(cloud: CloudProcess) -> None:
    partition = "T#ten_9#live"
    lease = {"leaseExpires": {"N": "99999999999"}, "leaseOwner": {"S": "dead"}}
    put(cloud, partition, "RENDER#rnd_queued", status={"S": "queued"})
    put(cloud, partition, "RENDER#rnd_busy", status={"S": "processing"}, **lease)
    put(cloud, partition, "RENDER#rnd_done", status={"S": "completed"})
    put(cloud, partition, "ASSET#ast_9", status={"S": "uploaded"}, s3Key={"S": "assets/ten_9/live/ast_9"})
    put(cloud, partition, "ASSET#ast_none", status={"S": "pending_upload"}, s3Key={"S": "assets/ten_9/live/ast_none"})
    cloud.client("s3").put_object(Bucket=names.UPLOADS_BUCKET, Key="assets/ten_9/live/ast_9", Body=b"picture")
    sqs, url = cloud.client("sqs"), cloud.queue(names.INSPECT_QUEUE)
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2)["Messages"]:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    for _ in range(2):  # the second time nothing is sent twice
        cloud.restart()
    submitted = [json.loads(body) for body in bodies(cloud, names.SUBMITTED_QUEUE, wait=2)]
    told = [body for body in submitted if body["tenant"] == "ten_9"]
    assert sorted(body["renderId"] for body in told) == ["rnd_busy", "rnd_queued"]
    assert {body["environment"] for body in told} == {"live"}
    assert get(cloud, partition, "RENDER#rnd_busy")["leaseExpires"] == {"N": "0"}
    announced = [body for body in bodies(cloud, names.INSPECT_QUEUE, wait=2) if "ten_9" in body]
    assert len(announced) == 1


def test_a_function_that_cannot_be_reached_is_a_service_error(cloud: CloudProcess) -> None:
    with pytest.raises(ClientError) as failure:
        cloud.client("lambda").invoke(FunctionName="parley-lipsync-fetch", Payload=b"{}")
    assert failure.value.response["Error"]["Code"] == "ServiceException"
    assert failure.value.response["ResponseMetadata"]["RequestId"]


def test_a_worker_that_is_quicker_than_the_interpreter_is_heard() -> None:
    code = """
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackEndpoint, CallbackOutcomeSuccess
from local.cloud.interpreter import let_workers_be_quick
let_workers_be_quick()
token = CallbackEndpoint("token")
assert token.notify_heartbeat()
token.notify(CallbackOutcomeSuccess("token", "{}"))
assert token.setup_heartbeat_endpoint(60).clear_and_wait()
"""
    # In a process of its own: the interpreter stays changed.
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        timeout=HANG_SECONDS,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    )


@pytest.mark.parametrize("header", [{"Origin": "https://example.com"}, {"Host": "rebound.example.com:80"}])
def test_web_pages_are_kept_out(cloud: CloudProcess, header: dict[str, str]) -> None:
    url = f"{cloud.url}/{names.UPLOADS_BUCKET}/assets/ten_1/test/ast_2"
    assert httpx.put(url, content=b"x", headers=header, timeout=HANG_SECONDS).status_code == 403
    answer = httpx.get(url, timeout=HANG_SECONDS)
    assert "access-control-allow-origin" not in answer.headers


def test_the_state_machine_and_the_dead_letter_queues_are_there(cloud: CloudProcess) -> None:
    machine = cloud.client("stepfunctions").describe_state_machine(stateMachineArn=names.state_machine_arn())
    assert "${" not in machine["definition"]
    assert cloud.queue(names.RENDER_QUEUE) in machine["definition"]
    for queue in names.QUEUES:
        policy = cloud.client("sqs").get_queue_attributes(
            QueueUrl=cloud.queue(queue.name), AttributeNames=["RedrivePolicy"]
        )
        assert json.loads(policy["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"].endswith(queue.dead_letters)
