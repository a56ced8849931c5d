"""Make an API key useless from now on."""

from parley.domain.errors import NotFound
from parley.domain.keys import ApiKey
from parley.operations.caller import Caller
from parley.store.stores import Stores


def revoke_api_key(stores: Stores, caller: Caller, key: str) -> ApiKey:
    """The revoked key; revoking it again changes nothing. `key` is `key_<keyId>`. Raises NotFound."""
    prefix, _, key_id = key.partition("_")
    if prefix != "key" or not key_id.isascii() or not key_id.isalnum():
        raise NotFound(f"There is no key {key}.")
    return stores.keys.revoke(caller.space, key_id, stores.clock.now())
