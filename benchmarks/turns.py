"""What a realtime turn costs: time to the first picture with its sound, turns at once, bytes.

    .venv/bin/python benchmarks/turns.py [--requests 30] [--turns 6] [--seconds 12]
    .venv/bin/python benchmarks/turns.py --gateway http://127.0.0.1:8080 --key tic_test_... --avatar ava_...

The worker's own server runs in another process on loopback, the drawn presenter prepared, H.264 at 512x512 and 25
pictures a second. First pictures are measured by the wall clock from the request's first byte, so on a machine that
does other things too they say more about those; the processor time of the same start, measured in this process, does
not. A record is late when it comes after the moment at which a client that plays from its first picture on needs it.
With `--gateway` they are measured through a running `parley up` instead, and one Idempotency-Key is sent 100 times at
once: one turn, 99 refusals.
"""

# ruff: noqa: T201, E402
import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "layers" / "core" / "python"), str(ROOT / "gpu_container")]

from parley.wire.mux import Decoder, Record, VideoFormat
from parley.wire.turn_token import sign
from renderer.turn_control import TurnControl

KEY, WORKER = b"a key for the benchmark alone", "benchmark"
SIZE, FPS, RATE = 512, 25, 24_000
TEXT = "Good morning, and welcome back. I have looked into your question, and there are three things to say about it. "
P50_MS, P95_MS, SHARE_MS, MOST_BYTES, LEAST_TURNS = 120.0, 250.0, 60.0, 100_000, 6


def serve() -> None:
    """The server process: says its port on stdout."""
    import uvicorn

    from renderer.given_sound import SoundFiles
    from renderer.prepared_faces import FaceWanted, PreparedFaces
    from renderer.server import warm
    from renderer.turn_app import TurnApp
    from renderer.turn_slots import TurnSlots

    data = _rig()

    def nothing(key: str) -> Any:
        raise FileNotFoundError(key)

    faces = PreparedFaces(lambda _: data)
    faces.prepare(FaceWanted("rig", SIZE, SIZE))
    warm()
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    app = TurnApp(WORKER, lambda: (KEY,), TurnSlots(64), faces, SoundFiles(nothing, nothing)).asgi()
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listener])


def _rig() -> bytes:
    from local.presenter import draw_presenter
    from renderer.rig import build_rig, save_rig

    return save_rig(build_rig(draw_presenter(768)))


class Client:
    """One turn: `seen` is told each record and the second, since the request, at which it came."""

    def __init__(self, url: str, headers: dict[str, str], path: str, body: Callable[[str], dict[str, Any]]) -> None:
        self.address = urlsplit(url)
        self.headers, self.path, self.body = headers, path, body

    def status(self) -> int:
        """Of a turn, heard to its end."""
        connection = http.client.HTTPConnection(self.address.hostname or "", self.address.port, timeout=60)
        answer = self._asked(connection, "")
        answer.read()
        return answer.status

    def _asked(self, connection: http.client.HTTPConnection, name: str) -> http.client.HTTPResponse:
        body = json.dumps(self.body(name)).encode()
        headers = (
            self.headers if self.headers else {"Authorization": f"Turn {sign(name, WORKER, KEY, int(time.time()))}"}
        )
        connection.request("POST", self.path, body, {**headers, "Content-Type": "application/json"})
        return connection.getresponse()

    def turn(self, name: str, seen: Callable[[Record, float], bool]) -> None:
        connection = http.client.HTTPConnection(self.address.hostname or "", self.address.port, timeout=60)
        connection.connect()
        began = time.perf_counter()
        answer = self._asked(connection, name)
        if answer.status != 200:
            raise SystemExit(f"{answer.status}: {answer.read(400)!r}")
        decoder = Decoder()
        while data := answer.read1(1 << 18):
            for record in decoder.push(data):
                if not seen(record, time.perf_counter() - began):
                    connection.close()
                    return
        connection.close()


def worker_client(port: int, text: str, codec: str = "h264") -> Client:
    def body(name: str) -> dict[str, Any]:
        return {
            "turnId": name, "workerId": WORKER, "rigKey": "rig", "mode": "speak_text", "text": text, "voice": "en-us",
            "width": SIZE, "height": SIZE, "fps": FPS, "codec": codec, "sampleRate": RATE, "maxSamples": RATE * 3600,
        }  # fmt: skip

    return Client(f"http://127.0.0.1:{port}", {}, "/turn", body)


def first_pictures(client: Client, requests: int) -> list[float]:
    """Milliseconds from each request to its first picture with its sound."""
    times: list[float] = []
    for index in range(requests + 2):

        def seen(record: Record, second: float) -> bool:
            if record.type == "error":
                raise SystemExit(record.header)
            if record.type == "audio":
                times.append(second * 1000)
            return record.type != "audio"

        client.turn(f"first{index}", seen)
        time.sleep(0.1)
    return times[2:]


def renderers_share(requests: int) -> list[float]:
    """Milliseconds of processor time, of all threads, from a turn's beginning to its first picture and sound."""
    from renderer.rig import load_rig
    from renderer.rig.framing import canvas_of
    from renderer.runtimes.mesh.runtime import MeshRuntime
    from renderer.speech import speak
    from renderer.speech.clauses import FIRST
    from renderer.turn import TurnOptions, TurnStream
    from renderer.turn_pieces import spoken_pieces

    runtime = MeshRuntime(canvas_of(load_rig(_rig()), SIZE, SIZE))
    times: list[float] = []
    for _ in range(requests + 2):
        control = TurnControl()
        began = time.process_time()
        options = TurnOptions("share", VideoFormat("h264", SIZE, SIZE, FPS))
        pieces = spoken_pieces([TEXT.partition(" I ")[0]], lambda text: speak(text), FIRST)
        bursts = TurnStream(options, lambda: lambda _, mouth, head: runtime.draw(mouth, head), pieces, control).bursts()
        next(bursts)
        next(bursts)
        times.append((time.process_time() - began) * 1000)
        control.abandon()
        list(bursts)
        time.sleep(0.1)
    return times[2:]


def at_once(client: Client, turns: int, seconds: float) -> list[tuple[float, int]]:
    """For each of `turns` begun together: how late its latest record came, seconds (below 0: early), and its frames."""
    results: list[tuple[float, int]] = []

    def one(index: int) -> None:
        state = {"began": -1.0, "late": -9.0, "frames": 0}

        def seen(record: Record, second: float) -> bool:
            if record.type in ("video", "audio"):
                state["began"] = second if state["began"] < 0 else state["began"]
                played = int(str(record.header["pts"])) / RATE
                if played > 0:
                    state["late"] = max(state["late"], second - state["began"] - played)
                state["frames"] += record.type == "video"
            return second < seconds

        client.turn(f"at-once-{turns}-{index}", seen)
        results.append((state["late"], int(state["frames"])))

    threads = [threading.Thread(target=one, args=(index,)) for index in range(turns)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def bytes_per_second(port: int, codec: str) -> float:
    """Of pictures alone, over a turn of some seconds."""
    sizes: list[int] = []

    def seen(record: Record, second: float) -> bool:
        del second
        if record.type == "video":
            sizes.append(len(record.payload))
        return True

    worker_client(port, TEXT, codec).turn(f"bytes-{codec}", seen)
    return sum(sizes) / len(sizes) * FPS


def main() -> int:
    asked = argparse.ArgumentParser(description="What a realtime turn costs.")
    asked.add_argument("--requests", type=int, default=30)
    asked.add_argument("--turns", type=int, default=LEAST_TURNS)
    asked.add_argument("--seconds", type=float, default=12.0)
    asked.add_argument("--gateway")
    asked.add_argument("--key", default="")
    asked.add_argument("--avatar", default="")
    asked.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.serve:
        serve()
        return 0
    if given.gateway:
        return _through_gateway(given)
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        return _all(int(server.stdout.readline()), server.pid, given)
    finally:
        server.terminate()


def _through_gateway(given: argparse.Namespace) -> int:
    def client(text: str, **more: str) -> Client:
        body = {"avatar_id": given.avatar, "mode": "speak_text", "text": text, "video": {"codec": "h264"}}
        headers = {"Authorization": f"Bearer {given.key}", **more}
        return Client(given.gateway, headers, "/api/v1/realtime/turn", lambda _: body)

    good = _verdict("gateway, first picture and sound", first_pictures(client(TEXT), given.requests), P50_MS)
    latest = _latest(at_once(client(TEXT * 12), given.turns, given.seconds), given.seconds)
    answers = same_key(client("Good morning.", **{"Idempotency-Key": f"benchmark-{time.time_ns()}"}))
    print(f"the same key 100 times at once: {', '.join(f'{n} x {status}' for status, n in sorted(answers.items()))}")
    return 0 if good and latest <= 0 and answers == {200: 1, 409: 99} else 1


def same_key(client: Client) -> dict[int, int]:
    """How often each status was answered."""
    with ThreadPoolExecutor(100) as pool:
        return dict(Counter(pool.map(lambda _: client.status(), range(100))))


def _latest(results: list[tuple[float, int]], seconds: float) -> float:
    latest, frames = max(late for late, _ in results), [frames for _, frames in results]
    print(f"{len(results)} turns at once for {seconds:.0f} s: latest record {latest * 1000:+.0f} ms, frames "
          f"{min(frames)} to {max(frames)}")  # fmt: skip
    return latest


def _all(port: int, server: int, given: argparse.Namespace) -> int:
    good = _verdict("first picture and sound, wall", first_pictures(worker_client(port, TEXT), given.requests), P50_MS)
    good &= _verdict("the renderer's share, processor", renderers_share(given.requests), SHARE_MS)
    before = _processor_sec(server)
    results = at_once(worker_client(port, TEXT * 12), given.turns, given.seconds)
    each = (_processor_sec(server) - before) * 1000 / sum(frames for _, frames in results)
    latest = _latest(results, given.seconds)
    print(f"of which {each:.1f} ms of processor a picture ({each * FPS * len(results) / 1000:.2f} cores)")
    sizes = {codec: bytes_per_second(port, codec) for codec in ("h264", "jpeg")}
    print(f"bytes a second: H.264 {sizes['h264']:,.0f}, JPEG 75 {sizes['jpeg']:,.0f}")
    return 0 if good and latest <= 0 and sizes["h264"] <= MOST_BYTES else 1


def _processor_sec(process: int) -> float:
    """Of a process of this machine, all its threads; Linux."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _verdict(what: str, times: list[float], most: float) -> bool:
    p50, p95 = statistics.median(times), sorted(times)[int(len(times) * 0.95)]
    print(f"{what}: p50 {p50:.0f} ms, p95 {p95:.0f} ms, least {min(times):.0f} ms (at most {most:.0f} wanted)")
    return p50 <= most and p95 <= max(P95_MS, most)


if __name__ == "__main__":
    sys.exit(main())
