"""Checks presigned storage URLs (SigV4 in the query), which moto accepts unread: with botocore's own signer."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlencode

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_ALGORITHM = "AWS4-HMAC-SHA256"
_LONGEST_EXPIRY_SECONDS = 604_800  # one week: AWS's own limit
_CLOCK_SKEW = timedelta(minutes=15)
# What a presigned URL may say besides its signature; anything else would ask for another operation.
_HARMLESS = frozenset({"x-id", "response-content-disposition", "response-content-type"})


class RefusedUrl(Exception):
    """The URL does not allow this request; `code` is S3's word for the reason, `status` its HTTP status."""

    def __init__(self, code: str, message: str, status: int = 403) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class StorageRequest:
    """A request as it came in: `path` still percent-encoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


class PresignedUrls:
    """Verifies against one pair of credentials."""

    def __init__(self, access_key_id: str, secret_access_key: str, region: str) -> None:
        self._access_key_id = access_key_id
        self._region = region
        self._credentials = Credentials(access_key_id, secret_access_key)

    def check(self, request: StorageRequest, now: datetime) -> dict[str, str]:
        """The query's harmless rest (response-* overrides) when the signature holds at `now`. Raises RefusedUrl."""
        pairs = parse_qsl(request.query, keep_blank_values=True)
        query = dict(pairs)
        if len(query) != len(pairs):
            raise RefusedUrl("AuthorizationQueryParametersError", "A query parameter is given twice.", 400)
        signature = query.pop("X-Amz-Signature", "")
        if not signature:
            raise RefusedUrl("AccessDenied", "Access denied: the URL carries no signature.")
        signed_at = self._check_terms(query, now)
        expected = self._sign(request, query, signed_at)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise RefusedUrl("SignatureDoesNotMatch", "The signature does not match this method, path and headers.")
        return _harmless_rest(query)

    def _check_terms(self, query: Mapping[str, str], now: datetime) -> datetime:
        if query.get("X-Amz-Algorithm") != _ALGORITHM:
            raise RefusedUrl("AuthorizationQueryParametersError", f"X-Amz-Algorithm must be {_ALGORITHM}.", 400)
        try:
            signed_at = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            lasts = int(query["X-Amz-Expires"])
        except (KeyError, ValueError):
            said = "X-Amz-Date and X-Amz-Expires must be given."
            raise RefusedUrl("AuthorizationQueryParametersError", said, 400) from None
        if not 1 <= lasts <= _LONGEST_EXPIRY_SECONDS:
            raise RefusedUrl("AuthorizationQueryParametersError", "X-Amz-Expires must be 1 to 604800.", 400)
        if signed_at > now + _CLOCK_SKEW:
            raise RefusedUrl("AccessDenied", "Request is not valid yet.")
        if now >= signed_at + timedelta(seconds=lasts):
            raise RefusedUrl("AccessDenied", "Request has expired. Ask for a new URL.")
        scope = f"{self._access_key_id}/{signed_at:%Y%m%d}/{self._region}/s3/aws4_request"
        if not hmac.compare_digest(query.get("X-Amz-Credential", "").encode(), scope.encode()):
            raise RefusedUrl("InvalidAccessKeyId", "The URL was signed with credentials this platform does not know.")
        return signed_at

    def _sign(self, request: StorageRequest, query: Mapping[str, str], signed_at: datetime) -> str:
        names = query.get("X-Amz-SignedHeaders", "").split(";")
        if "host" not in names:
            raise RefusedUrl("AccessDenied", "The host header must be signed.")
        missing = [name for name in names if name not in request.headers]
        if missing:
            raise RefusedUrl("SignatureDoesNotMatch", f"Signed headers are missing: {', '.join(missing)}.")
        unsigned = [n for n in request.headers if n.startswith("x-amz-") and n not in names and n not in _TOLERATED]
        if unsigned:
            raise RefusedUrl("AccessDenied", f"Headers that are not signed: {', '.join(unsigned)}.")
        signer = S3SigV4QueryAuth(self._credentials, "s3", self._region)
        # The signer sorts the query; it takes it encoded, as it was signed, and without the signature.
        encoded = urlencode(query, quote_via=quote, safe="-_.~")
        url = f"http://{request.headers['host']}{request.path}?{encoded}"
        signable = AWSRequest(method=request.method, url=url)
        for name in names:
            signable.headers[name] = request.headers[name]
        signable.context["timestamp"] = signed_at.strftime("%Y%m%dT%H%M%SZ")
        canonical = signer.canonical_request(signable)
        return signer.signature(signer.string_to_sign(signable, canonical), signable)


# Browsers and SDKs add these by themselves; they change nothing here.
_TOLERATED = frozenset({"x-amz-user-agent", "x-amz-content-sha256", "x-amz-date"})


def _harmless_rest(query: Mapping[str, str]) -> dict[str, str]:
    rest = {name: value for name, value in query.items() if not name.startswith("X-Amz-")}
    if odd := sorted(rest.keys() - _HARMLESS):
        raise RefusedUrl("NotImplemented", f"Not supported here: {', '.join(odd)}.", 501)
    return rest
