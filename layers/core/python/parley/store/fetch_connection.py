"""Connect httpcore to addresses that were judged beforehand, whatever the name may mean by now, inside one deadline."""

import ssl
from collections.abc import Iterable, Sequence

import httpcore

from parley.domain.addresses import Address
from parley.domain.errors import UrlRejected
from parley.store.fetch_terms import Deadline, FetchLimits


class ReadAllowance:
    """Bytes the wire may still carry: bounds headers, endless 1xx answers and chunk framing, which no body cap sees."""

    def __init__(self, size: int) -> None:
        self._left = size

    def extend(self, size: int) -> None:
        """Allow `size` more bytes."""
        self._left += size

    def take(self, size: int) -> None:
        """Count `size` bytes read. Raises httpcore.RemoteProtocolError beyond the allowance."""
        self._left -= size
        if self._left < 0:
            raise httpcore.RemoteProtocolError("the answer outgrew its allowance")


class PinnedBackend(httpcore.NetworkBackend):
    """Opens TCP connections to `addresses` only: the host name httpcore passes serves Host and SNI, never a look-up."""

    def __init__(
        self, addresses: Sequence[Address], deadline: Deadline, limits: FetchLimits, allowance: ReadAllowance
    ) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._limits = limits
        self._allowance = allowance
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - the point of this class
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the limits rule
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Try the addresses in turn. Raises httpcore.ConnectError or ConnectTimeout of the last one."""
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._addresses:
            seconds = self._deadline.within(self._limits.connect_seconds)
            try:
                stream = self._sockets.connect_tcp(str(address), port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _BoundedStream(stream, self._deadline, self._limits, self._allowance)
        raise failure

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Never: a URL from outside has no business with a local socket."""
        raise NotImplementedError


class _BoundedStream(httpcore.NetworkStream):
    """A stream whose every operation ends at the deadline, and whose bytes read (decrypted ones) are counted."""

    def __init__(
        self, inner: httpcore.NetworkStream, deadline: Deadline, limits: FetchLimits, allowance: ReadAllowance
    ) -> None:
        self._inner = inner
        self._deadline = deadline
        self._limits = limits
        self._allowance = allowance

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        data = self._inner.read(max_bytes, self._deadline.within(self._limits.read_seconds))
        self._allowance.take(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._inner.write(buffer, self._deadline.within(self._limits.read_seconds))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        try:
            seconds = self._deadline.within(self._limits.connect_seconds)
            inner = self._inner.start_tls(ssl_context, server_hostname, seconds)
        except UrlRejected:
            self.close()  # httpcore does not know this stream yet
            raise
        except httpcore.ConnectError as error:
            raise UrlRejected(_why_tls_failed(error), "url_failed") from error
        return _BoundedStream(inner, self._deadline, self._limits, self._allowance)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


def _why_tls_failed(error: httpcore.ConnectError) -> str:
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return "The server's TLS certificate is not valid for this host; renew it or use another server."
    return "No secure connection could be made to the server; it must speak TLS 1.2 or newer."
