"""Show a wallet, with this month's allowance in it."""

from parley.domain.wallet import Wallet
from parley.operations.caller import Caller
from parley.store.stores import Stores


def read_balance(stores: Stores, caller: Caller) -> Wallet:
    """The wallet of the caller's space, topped up when this is the month's first touch."""
    return stores.wallets.touch(caller.space, caller.plan, stores.clock.now())
