"""A small client of our own HTTP API, for the demo, the end-to-end tests and the benchmarks."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx

_ENDED = frozenset({"completed", "failed", "canceled"})


class ApiRefused(Exception):
    """The API said no, in its own words."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(body.get("error", f"HTTP {status}"))
        self.status = status
        self.code: str = body.get("code", "")


class ApiClient:
    """One key at one base URL."""

    def __init__(self, base_url: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=120.0, trust_env=False)
        # Signed URLs are good by themselves, and must work without a key.
        self._open = httpx.Client(timeout=120.0, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        self._open.close()

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """The answer's JSON. Raises ApiRefused."""
        answer = self._http.request(method, path, **options)
        body = answer.json() if answer.content else {}
        if answer.status_code >= 400:
            raise ApiRefused(answer.status_code, body)
        return body

    def upload(self, name: str, data: bytes) -> Any:
        """An asset, inspected where that takes no longer than the API waits."""
        return self.ask("POST", "/api/v1/assets", files={"file": (name, data)})

    def put_presigned(self, kind: str, content_type: str, data: bytes) -> Any:
        """An asset whose bytes go straight to storage; it is inspected with no further call."""
        wanted = {"kind": kind, "contentType": content_type, "sizeBytes": len(data)}
        made = self.ask("POST", "/api/v1/assets/uploads", json=wanted)
        target = made["upload"]
        self._open.put(target["url"], content=data, headers=target["headers"]).raise_for_status()
        return made["asset"]

    def create_avatar(self, asset_id: str, name: str = "Presenter") -> Any:
        body = {"displayName": name, "sourceKind": "image", "sourceAssetId": asset_id}
        return self.ask("POST", "/api/v1/avatars", json=body)

    def submit(self, avatar_id: str, **options: Any) -> Any:
        return self.ask("POST", "/api/v1/renders", json={"avatarId": avatar_id, **options})

    def wait_for_render(
        self, render_id: str, seconds: float, tell: Callable[[float], None] | None = None, pause: float = 0.05
    ) -> Any:
        """The render once it has ended. Raises TimeoutError after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            render = self.ask("GET", f"/api/v1/renders/{render_id}")
            if tell is not None:
                tell(render["progress"])
            if render["status"] in _ENDED:
                return render
            if time.monotonic() > deadline:
                raise TimeoutError(f"{render_id} is still {render['status']} after {seconds:.0f} s")
            time.sleep(pause)

    def download(self, url: str) -> bytes:
        return self._open.get(url).raise_for_status().content

    def download_to(self, url: str, path: Path) -> None:
        """Written whole or not at all."""
        draft = path.with_name(path.name + ".part")
        with self._open.stream("GET", url) as answer, draft.open("wb") as file:
            answer.raise_for_status()
            for chunk in answer.iter_bytes():
                file.write(chunk)
        draft.replace(path)
