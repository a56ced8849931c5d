"""What must be true of all money in a table at every moment, read from its raw items."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from parley.domain.renders import TERMINAL, more_operation
from parley.store.idempotency import KEPT_SECONDS
from parley.store.wallet_writes import NO_LIMIT

Item = Mapping[str, Any]


def raw_items(table: str) -> list[dict[str, Any]]:
    """All items as moto keeps them, past the adapter: the judge must not believe the judged."""
    return [
        {name: _plain(value) for name, value in item.attrs.items()}
        for item in dynamodb_backends["123456789012"]["us-east-1"].tables[table].all_items()
    ]


def _plain(held: Any) -> Any:
    return int(held.value) if held.type == "N" and held.value.lstrip("-").isdigit() else held.value


def check_money(items: Iterable[Item], limits: Mapping[str, int | None]) -> None:
    """`limits` are the spend limits of all keys. Raises AssertionError with what disagrees."""
    by_kind: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in items:
        by_kind[item["pk"], item["sk"].partition("#")[0]].append(item)
    spaces = {pk for pk, _ in by_kind if pk.startswith("T#")}
    for pk in spaces:
        wallet = next(iter(by_kind[pk, "WALLET"]), {})
        _check_wallet(wallet, by_kind[pk, "HOLD"], by_kind[pk, "ENTRY"])
        _check_holds(by_kind[pk, "HOLD"], by_kind[pk, "ENTRY"])
        _check_renders(by_kind[pk, "RENDER"], by_kind[pk, "HOLD"], by_kind[pk, "SLOT"])
        _check_turns(by_kind[pk, "TURN"], by_kind[pk, "HOLD"], by_kind[pk, "SLOT"])
    holds = [hold for pk in spaces for hold in by_kind[pk, "HOLD"]]
    entries = [entry for pk in spaces for entry in by_kind[pk, "ENTRY"]]
    for key_id, limit in limits.items():
        _check_key(by_kind[f"KEY#{key_id}", "KEY"][0], limit, holds, entries)


def _check_wallet(wallet: Item, holds: list[Item], entries: list[Item]) -> None:
    balance, reserved = wallet.get("balance", 0), wallet.get("reserved", 0)
    assert balance == sum(entry["amount"] for entry in entries), "balance = sum of entries"
    assert reserved == sum(hold["amount"] for hold in holds if hold["state"] == "open"), "reserved = sum of open holds"
    assert balance >= 0 and reserved >= 0, "never negative"
    granted = sum(entry["amount"] for entry in entries if entry["move"] == "grant")
    charged = -sum(entry["amount"] for entry in entries if entry["move"] == "charge")
    used = charged + sum(hold["settled"] for hold in holds)
    assert wallet.get("lifetimeGranted", 0) == granted
    assert wallet.get("lifetimeUsed", 0) == used
    assert granted == balance + reserved + used, "what came in is there, held, or paid"


def _check_holds(holds: list[Item], entries: list[Item]) -> None:
    lines: dict[str, dict[str, int]] = defaultdict(dict)
    for entry in entries:
        line = lines[entry["operationId"]]
        if entry["move"] == "reserve":
            # A turn's hold grows by steps, each a line of its own.
            assert "reserve" not in line or entry["operationId"].startswith("trn_"), "no move is made twice"
            line["reserve"] = line.get("reserve", 0) + entry["amount"]
        else:
            assert entry["move"] not in line, "no move is made twice"
            line[entry["move"]] = entry["amount"]
    for hold in holds:
        line = dict(lines.pop(hold["operationId"]))
        assert line.pop("reserve") == -hold["amount"]
        match hold["state"]:
            case "open":
                assert line == {}
            case "released":
                assert line == {"release": hold["amount"]} and hold["settled"] == 0
            case "settled":
                assert line == {"settle": hold["amount"] - hold["settled"]}
                assert 0 <= hold["settled"] <= hold["amount"], "never more than was held"
    for line in lines.values():
        assert set(line) in ({"grant"}, {"charge"}), "each operation is charged at most once"


def _check_renders(renders: list[Item], holds: list[Item], slots: list[Item]) -> None:
    held = {hold["operationId"]: hold for hold in holds}
    owners = {slot["owner"] for slot in slots}
    assert len(owners) == len(slots), "one slot each"
    for render in renders:
        own = [held[name] for name in (render["id"], more_operation(render["id"])) if name in held]
        assert render["reservedCreditMicros"] == sum(hold["amount"] for hold in own)
        assert render["billedCreditMicros"] == sum(hold["settled"] for hold in own)
        if render["status"] in TERMINAL:
            assert all(hold["state"] != "open" for hold in own), "nothing stays held for what has ended"
            assert render["id"] not in owners, "no slot stays taken by what has ended"
            assert render["status"] == "completed" or render["billedCreditMicros"] == 0
        else:
            assert {hold["state"] for hold in own} == {"open"}


def _check_turns(turns: list[Item], holds: list[Item], slots: list[Item]) -> None:
    held = {hold["operationId"]: hold for hold in holds}
    owners = {slot["owner"] for slot in slots}
    by_key: dict[str, list[int]] = defaultdict(list)
    for turn in turns:
        if "idempotencyKey" in turn:
            by_key[turn["idempotencyKey"]].append(held[turn["id"]]["expiresAt"])
    for times in map(sorted, by_key.values()):
        gaps = (later - before for before, later in pairwise(times))
        assert all(gap >= KEPT_SECONDS for gap in gaps), "a key is good for one turn a day"
    for turn in turns:
        hold = held[turn["id"]]
        assert turn["reservedCreditMicros"] == hold["amount"]
        assert turn["billedCreditMicros"] == hold["settled"]
        assert (turn["status"] == "streaming") == (hold["state"] == "open")
        if turn["status"] != "streaming":
            delivered = (2 * turn["samples"] * 1_000_000 + turn["sampleRate"]) // (2 * turn["sampleRate"])
            assert turn["billedCreditMicros"] == min(delivered, hold["amount"]), "what was delivered, within the hold"
            assert turn["id"] not in owners, "no slot stays taken by what has ended"


def _check_key(key: Item, limit: int | None, holds: list[Item], entries: list[Item]) -> None:
    mine = [hold for hold in holds if hold.get("keyId") == key["keyId"]]
    charged = -sum(
        entry["amount"] for entry in entries if entry["move"] == "charge" and entry.get("keyId") == key["keyId"]
    )
    assert key["held"] == sum(hold["amount"] for hold in mine if hold["state"] == "open")
    assert key["spent"] == charged + sum(hold["settled"] for hold in mine)
    assert key["room"] == (NO_LIMIT if limit is None else limit) - key["spent"] - key["held"]
    assert key["room"] >= 0, "a key never spends or holds beyond its limit"
