"""The steps of a render, killed before and after every call they make: done again, all is as if nothing had been."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from functions.deployed import fetcher
from functions.lipsync.failure import Failure, render_error_of
from functions.lipsync.sound import RendererSpeech
from parley.domain.object_keys import speech_keys
from parley.domain.renders import Render
from parley.operations.fetch_speech import fetch_speech
from parley.operations.refund_render import refund_render
from parley.operations.settle_render import settle_render
from parley.operations.start_render import start_render
from parley.operations.submit_render import submit_render
from parley.store.stores import Stores
from parley.wire.render_job import RenderDone
from parley.wire.renders import SubmitRender
from tests.functions.crashing import every_death
from tests.functions.events_world import World, events_world
from tests.functions.lipsync.steps_stage import (
    drawn,
    holds_open,
    ledger_is_sound,
    left_behind,
    slots_taken,
    sound_asset,
    speech_wav,
)


@pytest.fixture
def world() -> Iterator[World]:
    with events_world() as opened:
        yield opened


class Round:
    """One tenant with one render at a time, a fresh one for each death: 4 s of speech, of which 1 s was held."""

    def __init__(self, world: World) -> None:
        self.world, self.caller = world, world.tenant("scale")
        self.asset = sound_asset(world, self.caller, speech_wav(4.0), seconds=1.0)
        self.avatar = world.avatar(self.caller)
        self.render: Render | None = None
        self.done: RenderDone | None = None

    @property
    def current(self) -> Render:
        assert self.render is not None
        return self.render

    def submit(self) -> None:
        body = SubmitRender.model_validate({"avatarId": self.avatar.id, "audioAssetId": self.asset.id})
        stores = self.world.stores
        self.render = submit_render(stores, fetcher(), self.caller, body, stores.ids.new("rnd"))

    def begin(self) -> None:
        """As after a fetch, without its work: begun, and all four seconds held."""
        stores, now = self.world.stores, self.world.clock.at
        stores.renders.begin(self.caller.space, self.current.id, now)
        stores.renders.top_up(self.caller.space, self.current.id, 4_000_000, now)
        stores.media.put(speech_keys(self.caller.space, self.current.id)[0], b"wav", "audio/wav")

    def fetch(self, stores: Stores) -> None:
        fetch_speech(stores, fetcher(), RendererSpeech(), self.caller.space, self.current.id)

    def draw(self) -> None:
        self.done = RenderDone.model_validate(drawn(self.world.stores, self.current, frames=100))

    def settle(self, stores: Stores) -> None:
        assert self.done is not None
        settle_render(stores, self.caller.space, self.done)

    def refund(self, stores: Stores) -> None:
        refund_render(stores, self.caller.space, self.current.id, render_error_of(Failure(Error="States.Timeout")))

    def assert_over(self, status: str, when: str) -> None:
        """The wallet tells of holds as well: what is reserved lies in open ones."""
        world, caller = self.world, self.caller
        assert world.stores.renders.get(caller.space, self.current.id).status == status, when
        assert world.wallet(caller).reserved == 0, when
        assert slots_taken(world, caller) == 0, when
        assert world.stores.media.head(speech_keys(caller.space, self.current.id)[0]) is None, when

    def assert_books_balance(self) -> None:
        assert ledger_is_sound(self.world, self.caller)
        assert holds_open(self.world, self.caller) == 0


def test_a_fetch_that_was_killed_anywhere_is_done_again(world: World) -> None:
    round_ = Round(world)

    def act(stores: Stores) -> None:
        round_.submit()
        round_.fetch(stores)

    paid = 0
    for when in every_death(world.stores, act):
        round_.fetch(world.stores)
        assert world.wallet(round_.caller).reserved == 4_000_000, when
        round_.draw()
        round_.settle(world.stores)
        round_.assert_over("completed", when)
        paid += 4_000_000
        assert world.wallet(round_.caller).lifetime_used == paid, when
    assert paid > 12 * 4_000_000
    round_.assert_books_balance()


def test_a_settlement_that_was_killed_anywhere_charges_once(world: World) -> None:
    round_ = Round(world)
    paid = 0

    def act(stores: Stores) -> None:
        round_.submit()
        round_.begin()
        round_.draw()
        round_.settle(stores)

    for when in every_death(world.stores, act):
        round_.settle(world.stores)
        round_.assert_over("completed", when)
        paid += 1
        assert world.wallet(round_.caller).lifetime_used == 4_000_000 * paid, when
    assert paid >= 8
    round_.assert_books_balance()


def test_a_settlement_that_was_killed_and_then_refunded_is_charged_at_most_once(world: World) -> None:
    round_ = Round(world)

    def act(stores: Stores) -> None:
        round_.submit()
        round_.begin()
        round_.draw()
        round_.settle(stores)

    charged = 0
    for when in every_death(world.stores, act):
        round_.refund(world.stores)
        status = world.stores.renders.get(round_.caller.space, round_.current.id).status
        assert status in ("completed", "failed"), when
        round_.assert_over(status, when)
        charged += status == "completed"
        assert world.wallet(round_.caller).lifetime_used == 4_000_000 * charged, when
    assert charged > 0
    round_.assert_books_balance()


def test_a_refund_that_was_killed_anywhere_gives_all_back_once(world: World) -> None:
    round_ = Round(world)

    def act(stores: Stores) -> None:
        round_.submit()
        round_.begin()
        round_.draw()
        round_.refund(stores)

    for when in every_death(world.stores, act):
        round_.refund(world.stores)
        round_.assert_over("failed", when)
        assert world.untouched(round_.caller), when
    assert left_behind(world, round_.caller) == []
    round_.assert_books_balance()


def test_a_start_that_was_killed_starts_its_workflow_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    round_ = Round(world)
    over = {"heartbeatSeconds": 60, "timeoutSeconds": 90}
    monkeypatch.setitem(world.cloud.functions, "parley-lipsync-fetch", lambda *_: over)

    def act(stores: Stores) -> None:
        round_.submit()
        start_render(stores, round_.caller.space, round_.current.id)

    started: list[str] = []
    for when in every_death(world.stores, act):
        for _ in range(2):
            start_render(world.stores, round_.caller.space, round_.current.id)
        assert world.stores.workflow.is_running(round_.current.id), when
        world.stores.workflow.stop(round_.current.id, error="over", cause="")
        round_.refund(world.stores)
        started.append(round_.current.id)
    machine = world.stores.settings.state_machine_arn
    executions = world.cloud.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    assert sorted(one["name"] for one in executions) == sorted(started)
    assert len(started) >= 5
