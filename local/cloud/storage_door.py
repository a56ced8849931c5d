"""How the gateway moves object bodies as files: it asks where one lies, and hands over one it has received."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from local.cloud.answers import Answer, json_answer
from local.cloud.names import BUCKETS
from local.cloud.objects import Objects


class StorageDoor:
    """GET <prefix><bucket>/<key> says what an object is and which file holds it; POST there adopts a received file."""

    PREFIX = "/_parley/objects/"

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        bucket, _, key = unquote(path[len(self.PREFIX) :].encode("latin-1").decode()).partition("/")
        if bucket not in BUCKETS or not key:
            return json_answer("404 Not Found", {"error": "no such bucket"})
        if method == "POST":
            self._adopt(bucket, key, json.loads(body))
            return json_answer("200 OK", {})
        found = self._objects.find(bucket, key)
        if found is None:
            return json_answer("404 Not Found", {"error": "no such object"})
        return json_answer(
            "200 OK",
            {
                "path": str(found.path),
                "size": found.size,
                "etag": found.etag,
                "modified": found.last_modified_RFC1123,
                "metadata": dict(found.metadata),
            },
        )

    def _adopt(self, bucket: str, key: str, told: dict[str, Any]) -> None:
        self._objects.adopt(bucket, key, Path(told["path"]), told["size"], told["etag"], told["metadata"])
