"""The picture and the costs are of what is deployed: both are held to the synthesised templates."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from infrastructure.diagram import PLACES, draw
from infrastructure.templates import Node, read_graph
from tests.infrastructure.assembly import Assembly

ROOT = Path(__file__).parents[2]


def test_the_picture_is_what_the_script_draws(plain: Assembly) -> None:
    drawn = draw(read_graph(plain.folder))
    advice = "run: make synth && .venv/bin/python -m infrastructure.diagram > docs/architecture.svg"
    assert (ROOT / "docs" / "architecture.svg").read_text("utf-8") == drawn, advice


def test_what_sets_what_off_is_read_from_the_templates(plain: Assembly) -> None:
    graph = read_graph(plain.folder)
    assert {
        ("EdgeDistribution", "Turn", "sets off"),
        ("HttpApi", "Api", "sets off"),
        ("Uploads", "InspectQueue", "sets off"),
        ("Lipsync", "RenderQueue", "sets off"),
        ("RenderQueue", "Service", "sets off"),
        ("Turn", "Service", "wakes"),
    } <= graph.edges
    assert "KeyPepper" not in graph.nodes["Service"].uses
    assert graph.nodes["Turn"].uses == {"Table", "Media", "KeyPepper", "TurnTokenKey"}


def test_something_new_without_a_place_is_no_picture(plain: Assembly) -> None:
    graph = read_graph(plain.folder)
    assert set(graph.nodes) <= set(PLACES)
    graph.nodes["Newcomer"] = replace(graph.nodes["Api"], name="Newcomer")
    with pytest.raises(ValueError, match="Newcomer"):
        draw(graph)


def test_a_folder_without_templates_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make synth"):
        read_graph(tmp_path)


def test_quantities_that_cost_while_idle_are_those_deployed(plain: Assembly) -> None:
    idle = tomllib.loads((ROOT / "infrastructure" / "prices.toml").read_text("utf-8"))["idle"]
    assert len(plain.of_type("AWS::SecretsManager::Secret")) == idle["secrets"]
    assert len(plain.of_type("AWS::Lambda::EventSourceMapping")) == idle["consumed_queues"]
    boards = plain.of_type("AWS::CloudWatch::Dashboard")
    assert len(boards) == idle["dashboards"]
    # Over fifty metrics a dashboard is none of those that every account is given.
    assert all(json.dumps(board["DashboardBody"]).count('\\"stat\\"') <= 50 for board in boards.values())
    metrics = 0
    for alarm in plain.of_type("AWS::CloudWatch::Alarm").values():
        parts = alarm.get("Metrics", [{"MetricStat": {}}])
        metrics += sum("MetricStat" in part for part in parts)
    # Application Auto Scaling makes the alarm of target tracking itself, over two metrics.
    assert metrics + 2 == idle["alarms"]
    (sweeper,) = (made for id, made in plain.of_type("AWS::Lambda::Function").items() if id.startswith("Sweeper"))
    assert sweeper["MemorySize"] == 1024 * idle["sweeper_gb"]
    (task,) = plain.of_type("AWS::ECS::TaskDefinition").values()
    work = tomllib.loads((ROOT / "infrastructure" / "prices.toml").read_text("utf-8"))["work"]
    assert (task["Cpu"], task["Memory"]) == (str(1024 * work["worker_vcpus"]), str(1024 * work["worker_gb"]))
    for paid in ("AWS::EC2::NatGateway", "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::KMS::Key"):
        assert not plain.of_type(paid)


def test_a_node_knows_its_kind(plain: Assembly) -> None:
    assert read_graph(plain.folder).nodes["Table"] == Node("Table", "DynamoDB", "ParleyData")
