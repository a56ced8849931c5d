"""S3's announcements of new objects, as they come inside the messages of a queue."""

import json
from collections.abc import Iterator
from urllib.parse import unquote_plus


def created_keys(body: str) -> Iterator[str]:
    """The keys of the objects a message announces. None for S3's own test event, and none for other events.

    Raises ValueError for a body that is not an announcement at all.
    """
    announced = json.loads(body)
    if not isinstance(announced, dict):
        raise ValueError("not an S3 event")
    for record in announced.get("Records", []):
        if str(record.get("eventName", "")).startswith("ObjectCreated:"):
            # S3 encodes keys in events as forms do: a space is a plus.
            yield unquote_plus(record["s3"]["object"]["key"])
