"""Judge a web server's answer and copy its body: bounded in size, refused when it is clearly something else."""

import hashlib

import httpcore

from parley.domain.errors import UrlRejected
from parley.domain.outside_url import OutsideUrl
from parley.store.fetch_connection import ReadAllowance
from parley.store.fetch_terms import Fetched, Wanted

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_CLOSED_DOORS = frozenset({401, 402, 403, 407})
# Framing a chunked body may add: its own size again, plus one full read of the socket and trailers.
_FRAMING_BYTES = 256 * 1024
# Playlists name other URLs and local files: no decoder may ever see one.
_PLAYLISTS = frozenset({"mpegurl", "x-mpegurl", "vnd.apple.mpegurl", "x-scpls", "x-ms-asx", "dash+xml", "xspf+xml"})
_DOCUMENTS = frozenset(
    {
        "json",
        "xml",
        "javascript",
        "ecmascript",
        "pdf",
        "zip",
        "gzip",
        "x-gzip",
        "x-tar",
        "x-7z-compressed",
        "rtf",
        "wasm",
    }
)
_NAMED_KINDS = frozenset({"text", "audio", "image", "video", "font", "model", "message", "multipart"})


def receive(target: OutsideUrl, response: httpcore.Response, wanted: Wanted, allowance: ReadAllowance) -> Fetched | str:
    """Take the file, or the Location the server sends us on to. Raises UrlRejected and httpcore's errors."""
    if response.status in _REDIRECTS:
        if location := _header(response, b"location"):
            return location
        raise UrlRejected("The URL redirects without saying where to.", "url_failed")
    _refuse_status(response.status)
    content_type = _header(response, b"content-type").partition(";")[0].strip().lower()[:100]
    if _is_clearly_wrong(content_type, wanted.accept):
        kinds = " or ".join(wanted.accept)
        raise UrlRejected(f"The URL leads to {content_type}, not to {kinds}; link the file itself.", "url_wrong_type")
    if _header(response, b"content-encoding").strip().lower() not in ("", "identity"):
        raise UrlRejected("The server sends the file compressed; serve it without Content-Encoding.", "url_failed")
    length = _header(response, b"content-length")
    if length.isdecimal() and int(length) > wanted.max_bytes:
        raise _too_large(wanted.max_bytes)
    allowance.extend(2 * wanted.max_bytes + _FRAMING_BYTES)
    size, digest = _copy(response, wanted)
    return Fetched(content_type, size, str(target), digest)


def why_it_failed(error: Exception) -> str:
    """Say in the caller's terms what broke the connection, without a word of where it led."""
    if isinstance(error, httpcore.ConnectError):
        return "The server cannot be reached; check that the URL opens from anywhere."
    return "The server's answer broke off or broke the rules of HTTP; try again or use another server."


def _refuse_status(status: int) -> None:
    if status == 200:
        return
    if status in _GONE:
        raise UrlRejected(f"The server has no file at this URL (status {status}); correct it.", "url_not_found")
    if status in _CLOSED_DOORS:
        raise UrlRejected(
            f"The server refuses to give this file (status {status}); use a link that anyone can open.", "url_failed"
        )
    if status == 429 or status >= 500:
        raise UrlRejected(f"The server cannot give the file now (status {status}); try again later.", "url_failed")
    raise UrlRejected(f"The server answered with status {status} instead of the file.", "url_failed")


def _is_clearly_wrong(content_type: str, accept: tuple[str, ...]) -> bool:
    """Only what says outright that it is something else: many stores name every file application/octet-stream."""
    kind, _, form = content_type.partition("/")
    if form in _PLAYLISTS or form == "html" or form.endswith(("+xml", "+json")):
        return True
    if kind in accept or (kind == "video" and "audio" in accept):  # sound alone in MP4 or WebM is often named video
        return False
    return kind in _NAMED_KINDS or (kind == "application" and form in _DOCUMENTS)


def _copy(response: httpcore.Response, wanted: Wanted) -> tuple[int, str]:
    digest = hashlib.sha256()
    size = 0
    for piece in response.iter_stream():
        size += len(piece)
        if size > wanted.max_bytes:
            raise _too_large(wanted.max_bytes)
        digest.update(piece)
        wanted.into.write(piece)
    return size, digest.hexdigest()


def _too_large(max_bytes: int) -> UrlRejected:
    return UrlRejected(
        f"The file at the URL is larger than {max_bytes / 1_000_000:g} MB; use a smaller one.", "url_too_large"
    )


def _header(response: httpcore.Response, name: bytes) -> str:
    """The header's value ('' when absent); several are joined, so that a second one cannot hide behind the first."""
    values = [value for key, value in response.headers if key.lower() == name]
    return b", ".join(values).decode("utf-8", "replace")
