"""What a cold start of the control plane imports, against the bare frameworks that it stands on.

    .venv/bin/python benchmarks/cold_start.py [--rounds 5]

Fresh interpreters in turn, bytecode warm: one imports `functions.api.handler`, which makes the app and its stores; the
other makes an app of FastAPI behind Mangum with one route, and one boto3 client. Best of all rounds, by the
processor's time as by the wall clock: on a busy machine the wall clock also counts the wait for a processor. The
verdict goes by the processor's: it ends with 1 above 1.0 s, or above 1.15 times the bare frameworks.
"""

# ruff: noqa: T201  (a command that prints)

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMIT_SECONDS, LIMIT_RATIO = 1.0, 1.15
OURS = "import functions.api.handler"
BARE = """
import boto3
from fastapi import FastAPI
from mangum import Mangum
app = FastAPI()
app.get("/health")(lambda: {"status": "ok"})
handler = Mangum(app, lifespan="off")
boto3.client("dynamodb")
"""
TIMED = """
import time
began, worked = time.perf_counter(), time.process_time()
{code}
print(time.perf_counter() - began, time.process_time() - worked)
"""


def started(code: str) -> tuple[float, float]:
    """Seconds by the wall clock and of processor time, in an interpreter of its own."""
    paths = [ROOT, ROOT / "layers" / "core" / "python"]
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "KEY_PEPPER": "a pepper for the benchmark",
    }
    command = [sys.executable, "-c", TIMED.format(code=code)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=ROOT)
    wall, processor = map(float, done.stdout.split()[-2:])
    return wall, processor


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    for code in (OURS, BARE):
        started(code)  # writes bytecode, and brings the files into memory
    ours: list[tuple[float, float]] = []
    bare: list[tuple[float, float]] = []
    for _ in range(rounds):
        ours.append(started(OURS))
        bare.append(started(BARE))
    wall, processor = (min(times) for times in zip(*ours, strict=True))
    bare_wall, bare_processor = (min(times) for times in zip(*bare, strict=True))
    ratio = processor / bare_processor
    print("best of", rounds, "            wall s   processor s")
    print(f"control plane            {wall:6.3f}        {processor:6.3f}")
    print(f"FastAPI, Mangum, boto3   {bare_wall:6.3f}        {bare_processor:6.3f}")
    print(f"ratio                    {wall / bare_wall:6.2f}        {ratio:6.2f}")
    good = processor <= LIMIT_SECONDS and ratio <= LIMIT_RATIO
    print(f"{'within' if good else 'ABOVE'} {LIMIT_SECONDS} s and {LIMIT_RATIO} times")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
