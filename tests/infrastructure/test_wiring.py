"""What is deployed works together: the templates, on moto, carry an upload, a render, a batch and a turn to their end.

Queues, buckets, names, roles and mappings are those that CloudFormation made of the synthesised templates; the code is
the deployed handlers', the worker's and the turn server's own. What it cannot prove is listed in `moto_stacks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest
from moto.cloudformation.parsing import get_model_map

from local.presenter import draw_presenter
from tests.infrastructure.deployed_platform import Platform, deployed_platform, task_environment
from tests.infrastructure.moto_stacks import UNKNOWN_TO_MOTO
from tests.infrastructure.role_calls import refused, statements_of
from tests.infrastructure.wiring_run import Run, run

# Synthesised, deployed and run through in the first test's set-up.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def platform(assembly: Path) -> Iterator[Platform]:
    with deployed_platform(assembly) as made:
        yield made


@pytest.fixture(scope="module")
def done(platform: Platform) -> Run:
    picture = cv2.cvtColor(draw_presenter(384), cv2.COLOR_RGB2BGR)
    return run(platform, cv2.imencode(".png", picture)[1].tobytes())


def test_an_upload_is_inspected(done: Run) -> None:
    assert (done.asset["status"], done.avatar["status"]) == ("ready", "ready"), done.asset


def test_a_render_becomes_a_video_that_its_link_gives(done: Run) -> None:
    assert done.render["status"] == "completed", done.render
    assert done.video[4:8] == b"ftyp"
    assert done.render["billedCreditMicros"] > 0


def test_a_batch_says_of_each_line_what_came_of_it(done: Run) -> None:
    assert done.batch["status"] == "completed", done.batch
    assert [line["status"] for line in done.results] == ["completed", "failed"], done.results
    assert "localhost" not in str(done.results)


def test_a_render_that_fails_and_one_that_is_canceled_cost_nothing(done: Run) -> None:
    assert (done.refunded["status"], done.canceled["status"]) == ("failed", "canceled"), done.refunded
    assert done.refunded["billedCreditMicros"] == done.canceled["billedCreditMicros"] == 0
    assert done.refunded["error"]


def test_a_turn_streams_from_the_worker_that_registered_itself(done: Run) -> None:
    assert done.without_worker is not None and done.without_worker.status == 503, done.without_worker
    kinds = [record.type for record in done.records]
    assert (kinds[0], kinds[-1]) == ("start", "end"), done.records[-1].header
    assert {"audio", "video"} <= set(kinds)
    assert done.records[-1].header["billed_credit_micros"] > 0


def test_the_books_balance(done: Run) -> None:
    assert done.balance["reservedCreditMicros"] == 0
    assert done.balance["balanceCreditMicros"] == done.entries


def test_the_sweeper_found_nothing_that_stood_still(done: Run) -> None:
    assert not any(done.swept.values()), done.swept


def test_every_function_took_part_and_no_other_role(done: Run) -> None:
    """Else its policy would be judged by nothing."""
    functions = {function.role for function in done.platform.functions.values()}
    worker, _ = task_environment(done.platform)
    assert set(done.platform.calls.needed) == functions | {worker}


def test_what_moto_leaves_out_is_what_is_known_of_it(platform: Platform) -> None:
    types = {
        stack.template["Resources"][logical]["Type"] for stack in platform.stacks.values() for logical in stack.left_out
    }
    assert types <= UNKNOWN_TO_MOTO
    assert not UNKNOWN_TO_MOTO & set(get_model_map()), "moto has learnt these: let it make them"


def test_every_call_was_allowed_by_the_role_that_made_it(done: Run) -> None:
    iam = done.platform.cloud.client("iam")
    problems: dict[str, Any] = {}
    for role, needs in done.platform.calls.needed.items():
        if found := refused(statements_of(iam, role), needs):
            problems[role.rpartition("/")[2]] = found
    assert problems == {}
