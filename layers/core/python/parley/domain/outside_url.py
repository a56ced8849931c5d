"""Read a URL from outside into the one form that is judged, connected to and sent: nothing parses it again."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urljoin

from parley.domain.addresses import Address, is_metadata, is_public, read_literal
from parley.domain.errors import UrlRejected

MAX_URL_CHARACTERS = 4096  # presigned URLs run to about 2000
_DEFAULT_PORTS = {"http": 80, "https": 443}

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(#.*)?"
)
_AUTHORITY = re.compile(r"(?:\[(?P<bracketed>[^\[\]]*)\]|(?P<name>[^\[\]:]*))(?::(?P<port>[0-9]{0,5}))?")
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
)  # and halves of surrogate pairs, which no byte form has
_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
# Names that mean "this machine" or "this network" (RFC 6761, 6762, 8375, ICANN's .internal): never looked up.
_INWARD_NAME = re.compile(r"(?:.*\.)?(?:localhost|localdomain|local|internal|home\.arpa)")
# What may stand unquoted in a path or query (RFC 3986), and '%', because quoting twice would change the request.
_UNQUOTED = "%/:@!$&'()*+,;=~-._"


@dataclass(frozen=True, slots=True)
class OutsideUrl:
    """A URL split for good: `host` is lower-case ASCII without brackets or trailing dot, `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str
    literal: Address | None

    @property
    def authority(self) -> str:
        """The Host header: brackets around IPv6, the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    def is_allowed_by(self, allow: frozenset[tuple[str, int]]) -> bool:
        """Tell whether a developer opened this very host and port."""
        return (self.host, self.port) in allow


def read_outside_url(url: str, allow: frozenset[tuple[str, int]] = frozenset()) -> OutsideUrl:
    """Split `url` and refuse, with no I/O, whatever can be refused from its text alone.

    `allow` holds (host, port) pairs that may use any port and lie on a private network. Raises UrlRejected.
    """
    parts = _split(url)
    authority = parts["authority"]
    if "@" in authority:
        raise UrlRejected(
            "Take the user name and password out of the URL; use a presigned link instead.", "url_credentials"
        )
    if not (pieces := _AUTHORITY.fullmatch(authority)):
        raise UrlRejected("The URL must name a host and, at most, a port number.", "url_unresolvable")
    host, literal = _read_host(pieces["name"], pieces["bracketed"])
    scheme = parts["scheme"].lower()
    path = quote(parts["path"] or "/", safe=_UNQUOTED)
    query = quote(parts["query"] or "", safe=_UNQUOTED + "?")
    found = OutsideUrl(scheme, host, int(pieces["port"] or _DEFAULT_PORTS[scheme]), path + query, literal)
    _refuse_closed_literals(found, allow)
    return found


def follow_location(base: OutsideUrl, location: str, allow: frozenset[tuple[str, int]] = frozenset()) -> OutsideUrl:
    """Read a redirect's Location, absolute or relative, as strictly as a first URL. Raises UrlRejected."""
    try:
        joined = urljoin(str(base), location)
    except ValueError as error:
        raise UrlRejected("The URL redirects to something that is not a URL.", "url_failed") from error
    return read_outside_url(joined, allow)


def judge_addresses(url: OutsideUrl, addresses: Iterable[Address], allow: frozenset[tuple[str, int]]) -> None:
    """Refuse `url` when ANY of its addresses is closed, since any may be connected to. Raises UrlRejected."""
    is_allowed = url.is_allowed_by(allow)
    if any(is_metadata(address) or not (is_allowed or is_public(address)) for address in addresses):
        raise _closed(url.host)


def parse_allowed(items: Iterable[str]) -> frozenset[tuple[str, int]]:
    """Read HOST:PORT items (IPv6 in brackets), as the settings hold them. Raises ValueError."""
    return frozenset(_parse_allowed_one(item) for item in items)


def _parse_allowed_one(item: str) -> tuple[str, int]:
    pieces = _AUTHORITY.fullmatch(item)
    if not pieces or not pieces["port"] or not 0 < int(pieces["port"]) < 65536:
        raise ValueError(f"{item!r} is not HOST:PORT")
    try:
        host, _ = _read_host(pieces["name"], pieces["bracketed"])
    except UrlRejected as error:
        raise ValueError(f"{item!r} is not HOST:PORT") from error
    return host, int(pieces["port"])


def _split(url: str) -> dict[str, str]:
    """Cut the URL at its separators, once; only http and https pass."""
    text = url.strip(" ")
    if len(text) > MAX_URL_CHARACTERS:
        raise UrlRejected(f"The URL must have at most {MAX_URL_CHARACTERS} characters.", "url_failed")
    if _CONTROL.search(text):
        raise UrlRejected("The URL must not contain control characters or line breaks.", "url_failed")
    parts = _URL.fullmatch(text)
    if not parts or parts["scheme"].lower() not in _DEFAULT_PORTS:
        raise UrlRejected("The URL must begin with http:// or https://.", "url_scheme")
    return parts.groupdict()


def _read_host(name: str | None, bracketed: str | None) -> tuple[str, Address | None]:
    """Bring a host to the one spelling that is judged: (host, its address when it is a literal)."""
    if bracketed is not None:
        if "%" in bracketed:
            raise UrlRejected("The URL must not name a network zone ('%') in its address.", "url_private_address")
        if ":" not in bracketed:
            raise _no_such_host()
        host = bracketed
    else:
        host = _to_ascii(name or "").removesuffix(".")
        if not _HOST_NAME.fullmatch(host):
            raise _no_such_host()
    try:
        literal = read_literal(host)
    except ValueError as error:
        raise _no_such_host() from error
    return (host if literal is None else str(literal)), literal


def _to_ascii(name: str) -> str:
    """Map a name as browsers do (UTS 46), so that full-width digits or other full stops hide nothing."""
    if name.isascii():
        return name.lower()
    # Imported here: few names need its tables, and a cold start does not wait for them.
    import idna

    try:
        mapped = idna.uts46_remap(name, std3_rules=False, transitional=False)
        return mapped if mapped.isascii() else idna.encode(mapped).decode("ascii")
    except UnicodeError as error:  # idna.IDNAError is one
        raise _no_such_host() from error


def _refuse_closed_literals(url: OutsideUrl, allow: frozenset[tuple[str, int]]) -> None:
    if url.literal is not None:
        judge_addresses(url, (url.literal,), allow)
    if url.is_allowed_by(allow):
        return
    if _INWARD_NAME.fullmatch(url.host):
        raise _closed(url.host)
    if url.port not in _DEFAULT_PORTS.values():
        raise UrlRejected("The URL must use port 80 or 443; leave the port out.", "url_port")


def _closed(host: str) -> UrlRejected:
    return UrlRejected(
        f"'{host}' does not lie on the public internet; use a URL that anyone can open.", "url_private_address"
    )


def _no_such_host() -> UrlRejected:
    return UrlRejected("The URL's host is not a valid name or address; correct it.", "url_unresolvable")
