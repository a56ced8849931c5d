"""What a deployment costs, from prices.toml. Prints docs/costs.md: python -m infrastructure.costs > docs/costs.md"""

import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_DATA = Path(__file__).with_name("prices.toml")
_MINUTES_A_MONTH = 43_800
_MILLION = 1_000_000
_KB_A_GB = 1_000_000
# Five pollers a mapping, each of which waits up to 20 s for a message.
_POLLS_A_MINUTE = 15
WORKERS = ("cpu", "g4dn.xlarge", "g5.xlarge", "g6.xlarge")


@dataclass(frozen=True, slots=True)
class Line:
    """One row: US dollars at list price, and with what every account is given each month."""

    what: str
    how: str
    listed: float
    paid: float


class Costs:
    """The sums, over one file of prices and quantities."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.prices, self.allowances = data["prices"], data["allowances"]
        self.idle_amounts, self.work = data["idle"], data["work"]

    def price(self, name: str) -> float:
        return float(self.prices[name]["usd"])

    def idle(self, capacity: str = "cpu") -> list[Line]:
        """What a month costs in which nobody comes."""
        has = self.idle_amounts
        minutes = _MINUTES_A_MONTH
        polls = has["consumed_queues"] * _POLLS_A_MINUTE * minutes
        sweeps = minutes * has["sweeper_seconds"] * has["sweeper_gb"]
        logs = minutes * has["log_kb_a_minute"] / _KB_A_GB
        images = has["image_gb_gpu" if capacity == "gpu" else "image_gb_cpu"]
        return [
            self._flat("Secrets Manager", f"{has['secrets']} secrets", has["secrets"], "secret_month"),
            self._line(
                "SQS",
                f"{polls / _MILLION:.1f} million polls of {has['consumed_queues']} queues by Lambda",
                polls, "sqs_million", _MILLION, "sqs_requests",
            ),
            self._line("Lambda", "the sweeper's time", sweeps, "lambda_gb_second", 1, "lambda_gb_seconds"),
            self._line(
                "Lambda", f"its {minutes:,} requests", minutes, "lambda_million_requests", _MILLION, "lambda_requests"
            ),
            self._flat(
                "DynamoDB", "what the sweeper reads", minutes * has["sweeper_read_units"] / _MILLION,
                "dynamodb_million_reads",
            ),
            self._flat("DynamoDB", f"recovery of {has['table_gb']} GB", has["table_gb"], "dynamodb_backup_gb"),
            self._flat("S3", f"{has['media_gb']} GB of yours", has["media_gb"], "s3_gb"),
            self._flat("ECR", f"{images} GB of container images", images, "ecr_gb"),
            self._line("CloudWatch", f"{has['alarms']} alarm metrics", has["alarms"], "alarm_month", 1, "alarms"),
            self._line("CloudWatch", "the dashboard", has["dashboards"], "dashboard_month", 1, "dashboards"),
            self._line("CloudWatch", f"{logs:.2f} GB of logs", logs, "logs_gb", 1, "logs_gb"),
        ]  # fmt: skip

    def worker_hour(self, worker: str) -> float:
        """One worker for an hour, its public address included."""
        address = self.price("public_ipv4_hour")
        if worker == "cpu":
            work = self.work
            vcpus = work["worker_vcpus"] * self.price("fargate_vcpu_hour")
            return vcpus + work["worker_gb"] * self.price("fargate_gb_hour") + address
        instance = self.price(worker.replace(".", "_") + "_hour")
        return instance * (1 + self.price("managed_instances_share")) + address

    def rendered(self, worker: str) -> float:
        """1,000 minutes of video, by workers that are busy: the worker alone."""
        return 1000 / 60 / self.work["render_speed"] * self.worker_hour(worker)

    def streamed(self, worker: str, at_once: int) -> float:
        """1,000 minutes of turns, so many of them at once: the worker alone."""
        return 1000 / 60 / at_once * self.worker_hour(worker)

    def beside_renders(self) -> list[Line]:
        """Beside the worker, for 1,000 minutes rendered."""
        work, jobs = self.work, 60_000 / self.work["job_seconds"]
        requests = jobs * work["render_requests"]
        gigabytes = 60_000 * work["video_kb_a_second"] / _KB_A_GB
        return [
            self._flat("API", "its time", requests * work["api_seconds"] * work["api_gb"], "lambda_gb_second"),
            self._flat("API", "its requests", requests / _MILLION, "http_api_million"),
            self._flat(
                "fetch", "speech and sound made ready", jobs * work["fetch_seconds"] * work["fetch_gb"],
                "lambda_gb_second_x86",
            ),
            self._flat(
                "Step Functions", "steps", jobs * work["render_transitions"] / 1000, "step_functions_thousand"
            ),
            self._flat("DynamoDB", "writes", jobs * work["render_write_units"] / _MILLION, "dynamodb_million_writes"),
            self._flat("DynamoDB", "reads", jobs * work["render_read_units"] / _MILLION, "dynamodb_million_reads"),
            self._flat("S3", f"{gigabytes:.1f} GB kept for a month", gigabytes, "s3_gb"),
            self._flat("S3", "writes", jobs * 6 / 1000, "s3_thousand_puts"),
            self._line("CloudFront", "each video sent once", gigabytes, "cloudfront_gb", 1, "cloudfront_gb"),
        ]  # fmt: skip

    def beside_turns(self) -> list[Line]:
        """Beside the worker, for 1,000 minutes streamed."""
        work, jobs = self.work, 60_000 / self.work["job_seconds"]
        gigabytes = 60_000 * work["stream_kb_a_second"] / _KB_A_GB
        return [
            self._flat("turn function", "its time", 60_000 * work["turn_function_gb"], "lambda_gb_second"),
            self._flat("turn function", "what it streams", gigabytes, "lambda_streamed_gb"),
            self._flat("DynamoDB", "writes", jobs * work["turn_write_units"] / _MILLION, "dynamodb_million_writes"),
            self._flat("DynamoDB", "reads", jobs * work["turn_read_units"] / _MILLION, "dynamodb_million_reads"),
            self._flat("network", "from worker to turn function", gigabytes, "regional_gb"),
            self._line("CloudFront", "to the viewer", gigabytes, "cloudfront_gb", 1, "cloudfront_gb"),
        ]

    def _flat(self, what: str, how: str, units: float, price: str) -> Line:
        usd = units * self.price(price)
        return Line(what, how, usd, usd)

    def _line(self, what: str, how: str, amount: float, price: str, per: float, allowance: str) -> Line:
        given = self.allowances[allowance]["amount"]
        each = self.price(price) / per
        return Line(what, how, amount * each, max(0.0, amount - given) * each)


def total(lines: Iterable[Line]) -> tuple[float, float]:
    """(at list price, with what every account is given)."""
    rows = list(lines)
    return sum(line.listed for line in rows), sum(line.paid for line in rows)


_PAGE = """\
# What it costs

Made by `python -m infrastructure.costs` from [infrastructure/prices.toml](../infrastructure/prices.toml), which has
each price with its source and date. us-east-1, US dollars, without tax: a sum of estimates; the bill is AWS's.

## Idle

A month in which nobody comes: **${paid:.2f}** (`capacity=gpu`: ${gpu:.2f}, for its larger image). No worker runs; there
is no NAT gateway, no load balancer and no provisioned capacity. `given` is what is left after what AWS gives every
account each month, for good. An account that uses those allowances up elsewhere pays the list price, ${listed:.2f}.

{idle}

Not in it: a domain's zone ($0.50), and the web ACL (from $5) that `-c waf=true` makes.

## Busy

{workers}

At list price, with all of the two tables below. Assumed:

- `cpu` is Fargate with {vcpus} vCPU and {gb} GB. A worker renders one video at a time, {speed} times as fast as it
  plays, and speaks {streams} turns at once. [README.md](../README.md) measured that on two cores of another machine.
- The built-in renderer draws on the processor, so a GPU makes it no quicker: the GPU types are for neural runtimes,
  whose speed is not measured here.
- Videos and turns last {seconds} s.
- A worker stays `warm_minutes` (10) after its last work, and is paid while it starts: add a quarter of an hour of it
  for each time the fleet wakes.

## Beside the worker, per 1,000 minutes rendered

{renders}

## Beside the worker, per 1,000 minutes streamed

{turns}

JPEG in place of H.264 is 4.6 times the bytes: choose `h264` in `video.codec` wherever the player can.

## A busy month's fixed part

Our code writes about {metrics} metrics while there is work. CloudWatch takes $0.30 a month for one that is written in
every hour, and its share for one that is not: at most ${metrics_usd:.2f} a month, whatever the use.

## The prices

{prices}
"""


def page(costs: Costs) -> str:
    """docs/costs.md."""
    work = costs.work
    listed, paid = total(costs.idle())
    return _PAGE.format(
        listed=listed,
        paid=paid,
        gpu=total(costs.idle("gpu"))[1],
        idle=_table(costs.idle()),
        workers=_workers(costs),
        renders=_table(costs.beside_renders()),
        turns=_table(costs.beside_turns()),
        prices=_prices(costs),
        vcpus=work["worker_vcpus"],
        gb=work["worker_gb"],
        speed=work["render_speed"],
        streams=work["streams_a_worker"],
        seconds=work["job_seconds"],
        metrics=work["own_metrics"],
        metrics_usd=work["own_metrics"] * costs.price("metric_month"),
    )


def _table(lines: list[Line]) -> str:
    rows = [f"| {line.what} | {line.how} | {line.listed:.2f} | {line.paid:.2f} |" for line in lines]
    listed, paid = total(lines)
    head = ["| | | list | given |", "| --- | --- | ---: | ---: |"]
    return "\n".join([*head, *rows, f"| **sum** | | {listed:.2f} | {paid:.2f} |"])


def _workers(costs: Costs) -> str:
    most = costs.work["streams_a_worker"]
    renders, turns = total(costs.beside_renders())[0], total(costs.beside_turns())[0]
    rows = [
        f"| {worker} | {costs.worker_hour(worker):.3f} | {costs.rendered(worker) + renders:.2f} "
        f"| {costs.streamed(worker, most) + turns:.2f} | {costs.streamed(worker, 1) + turns:.2f} |"
        for worker in WORKERS
    ]
    head = [
        f"| worker | an hour | 1,000 minutes rendered | 1,000 minutes streamed, {most} at once | one at a time |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    return "\n".join([*head, *rows])


def _prices(costs: Costs) -> str:
    rows = [
        f"| {name} | {entry['usd']:.10g} | {entry['unit']} | {entry['source']} | {entry['read']} "
        f"| {'' if entry['confirmed'] else 'not confirmed'} |"
        for name, entry in costs.prices.items()
    ]
    return "\n".join(["| | USD | for a | source | read | |", "| --- | ---: | --- | --- | --- | --- |", *rows])


def read_costs(path: Path = _DATA) -> Costs:
    """The prices and quantities of a file."""
    return Costs(tomllib.loads(path.read_text("utf-8")))


if __name__ == "__main__":
    sys.stdout.write(page(read_costs()))
