"""Keys in the table."""

import pytest
from given import PEPPER, SPACE, a_key

from parley.domain.errors import Conflict, NotFound
from parley.domain.keys import SECRET_BYTES, present, verify
from parley.domain.spaces import Space
from parley.store.stores import Stores


def test_a_key_is_found_by_its_id_alone_and_its_secret_lies_nowhere(stores: Stores) -> None:
    key = a_key(stores, limit=5, expires_at="2027-01-01T00:00:00.000Z")
    secret = present("test", key.key_id, bytes(SECRET_BYTES))
    assert verify(stores.keys.get(key.key_id), secret, PEPPER, stores.clock.now()) == key
    raw = [stores.table.query_all(pk) for pk in (f"KEY#{key.key_id}", SPACE.partition)]
    assert all(secret.secret not in str(item) for items in raw for item in items)


def test_an_unknown_key_is_none(stores: Stores) -> None:
    assert stores.keys.get("NOBODY01") is None


def test_making_the_same_key_again_gives_the_stored_one_and_another_of_its_id_is_refused(stores: Stores) -> None:
    key = a_key(stores, limit=5)
    assert a_key(stores, limit=7) == key
    with pytest.raises(Conflict):
        a_key(stores, Space("ten_B", "live"))
    assert stores.keys.list(Space("ten_B", "live")) == []


def test_keys_are_listed_by_space_newest_first_with_what_they_spent(stores: Stores, clock) -> None:
    keys = []
    for number in range(3):
        clock.forward(1)
        keys.append(a_key(stores, key_id=f"KEY0000{number}"))
    a_key(stores, Space("ten_A", "live"), key_id="LIVEKEY1")
    stores.wallets.grant(SPACE, stores.ids.new("grt"), 100, clock.now())
    stores.wallets.charge(SPACE, stores.ids.new("chg"), 40, clock.now(), keys[1].key_id)
    listed = stores.keys.list(SPACE)
    assert [key.key_id for key in listed] == [key.key_id for key in reversed(keys)]
    assert [key.spent for key in listed] == [0, 40, 0]


def test_a_key_is_revoked_only_from_its_own_space_and_stays_listed(stores: Stores) -> None:
    key = a_key(stores)
    for space in (Space("ten_B", "test"), Space("ten_A", "live")):
        with pytest.raises(NotFound):
            stores.keys.revoke(space, key.key_id, stores.clock.now())
    for _ in range(2):
        assert stores.keys.revoke(SPACE, key.key_id, stores.clock.now()).status == "revoked"
    assert [found.status for found in stores.keys.list(SPACE)] == ["revoked"]


def test_a_revoked_key_still_settles_what_it_held(stores: Stores) -> None:
    key, now = a_key(stores, limit=100), stores.clock.now()
    stores.wallets.grant(SPACE, stores.ids.new("grt"), 100, now)
    name = stores.ids.new("trn")
    stores.wallets.reserve(SPACE, name, 50, expires_at=0, at=now, key_id=key.key_id)
    stores.keys.revoke(SPACE, key.key_id, now)
    stores.wallets.settle(SPACE, name, 20, now)
    kept = stores.keys.get(key.key_id)
    assert kept is not None and (kept.status, kept.spent, kept.held) == ("revoked", 20, 0)
