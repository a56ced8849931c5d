"""Draws docs/architecture.svg from the templates: python -m infrastructure.diagram > docs/architecture.svg"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from infrastructure.templates import DATA, Graph, Node, read_graph

DEFAULT_FOLDER = Path(__file__).parents[1] / "build" / "cdk.out"
CALLERS = "Callers"
# Column and row. What is deployed and has no place here is an error: nothing is left out of the picture unseen.
PLACES: dict[str, tuple[float, float]] = {
    CALLERS: (0, 2),
    "EdgeDistribution": (1, 2),
    "HttpApi": (2, 1),
    "Api": (3, 1),
    "Turn": (2, 3),
    "EveryMinute": (3, 0),
    "Sweeper": (4, 0),
    "SubmittedQueue": (4, 1),
    "Start": (5, 1),
    "Lipsync": (6, 1),
    "Fetch": (7, 0),
    "Settle": (7, 1),
    "Refund": (7, 2),
    "RenderQueue": (6, 2),
    "Service": (6, 3),
    "Uploads": (2, 4),
    "Media": (2, 5),
    "InspectQueue": (3, 4),
    "Inspect": (4, 4),
    "BatchesQueue": (3, 5),
    "BatchManifest": (4, 5),
    "BatchLinesQueue": (5, 5),
    "BatchLine": (6, 5),
    "Table": (1, 6.3),
    "KeyPepper": (2, 6.3),
    "TurnTokenKey": (3, 6.3),
    "AccessLogs": (4, 6.3),
}
SAYS = {
    "EdgeDistribution": "one host for all",
    "Service": "workers: none while idle",
    "Lipsync": "one execution a render",
    "Turn": "streams what a worker speaks",
}
# A stack's colours: border, and inside.
STACKS = {
    "": ("#5b6470", "#f2f4f6"),
    "ParleyApi": ("#7048b6", "#f1ebfa"),
    "ParleyWorkflow": ("#b2497c", "#fbebf3"),
    "ParleyRenderer": ("#c2700f", "#fdf1e0"),
    "ParleyData": ("#2b6cb0", "#e6f0fa"),
}
BADGES = {
    "Table": ("T", "#2b6cb0"),
    "Uploads": ("U", "#2f855a"),
    "Media": ("M", "#276749"),
    "KeyPepper": ("P", "#9b2c2c"),
    "TurnTokenKey": ("K", "#c05621"),
}
LINES = {"sets off": ("#59626d", ""), "wakes": ("#c2700f", ' stroke-dasharray="6 4"')}
_WIDTH, _HEIGHT = 152, 56
_COLUMN, _ROW = 194, 98
_MARGIN = 28
_TOP = 70


def draw(graph: Graph) -> str:
    """The picture as SVG text. Raises ValueError for a thing that has no place in PLACES."""
    if lost := sorted(set(graph.nodes) - set(PLACES)):
        raise ValueError(f"{', '.join(lost)}: deployed, and without a place in infrastructure/diagram.py.")
    nodes = {CALLERS: Node(CALLERS, "browsers, servers, SDKs", ""), **graph.nodes}
    edges = {(CALLERS, "EdgeDistribution", "sets off"), *graph.edges}
    width = round(2 * _MARGIN + 7 * _COLUMN + _WIDTH)
    height = round(_TOP + 7.3 * _ROW + 70)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            'font-family="Helvetica, Arial, sans-serif">',
            "<title>Parley in AWS, drawn from its CloudFormation templates</title>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            *_heads(),
            f'<text x="{_MARGIN}" y="38" font-size="20" fill="#1f2933">Parley in AWS</text>',
            f'<text x="{_MARGIN + 146}" y="38" font-size="13" fill="#59626d">drawn from the synthesised templates '
            "(capacity=cpu); dead-letter queues, roles, logs and network left out</text>",
            *(_line(*edge) for edge in sorted(edges)),
            *(part for node in sorted(nodes.values(), key=lambda node: node.name) for part in _box(node)),
            *_legend(graph, height - 62),
            "</svg>",
            "",
        ]
    )  # fmt: skip


def _corner(name: str) -> tuple[float, float]:
    column, row = PLACES[name]
    return _MARGIN + column * _COLUMN, _TOP + row * _ROW


def _heads() -> Iterator[str]:
    for why, (colour, _) in LINES.items():
        yield (
            f'<marker id="{why.replace(" ", "-")}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            f'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="{colour}"/></marker>'
        )


def _line(source: str, target: str, why: str) -> str:
    """From side to side: to the right where the target lies there, else down or up."""
    (x1, y1), (x2, y2) = _corner(source), _corner(target)
    if why == "wakes" and source == "Api":
        # The queue stands in the straight way.
        start, end = (x1 + 40, y1 + _HEIGHT), (x2, y2 + _HEIGHT / 2)
        first, second = (start[0] + 20, start[1] + 120), (end[0] - 260, end[1])
    elif x2 > x1:
        start, end = (x1 + _WIDTH, y1 + _HEIGHT / 2), (x2, y2 + _HEIGHT / 2)
        bend = max(24.0, (end[0] - start[0]) / 2)
        first, second = (start[0] + bend, start[1]), (end[0] - bend, end[1])
    elif x2 == x1:
        down = y2 > y1
        # Beside the middle, so that lines in both directions do not lie on each other.
        start = (x1 + _WIDTH / 2 + (12 if down else -12), y1 + (_HEIGHT if down else 0))
        end = (start[0], y2 + (0 if down else _HEIGHT))
        first, second = (start[0], (start[1] + end[1]) / 2), (end[0], (start[1] + end[1]) / 2)
    else:
        start, end = (x1 + 40, y1), (x2 + _WIDTH / 2 + 30, y2 + (_HEIGHT if y2 < y1 else 0))
        first, second = (start[0], start[1] - 90), (end[0], end[1] + (120 if y2 < y1 else -120))
    points = " ".join(f"{x:.0f},{y:.0f}" for x, y in (first, second, end))
    colour, dashes = LINES[why]
    return (
        f'<path d="M{start[0]:.0f},{start[1]:.0f} C{points}" fill="none" stroke="{colour}" stroke-width="1.6"{dashes} '
        f'marker-end="url(#{why.replace(" ", "-")})"/>'
    )


def _box(node: Node) -> Iterator[str]:
    x, y = _corner(node.name)
    border, inside = STACKS[node.stack]
    corner = 26 if node.kind in DATA else 7
    yield (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{_WIDTH}" height="{_HEIGHT}" rx="{corner}" fill="{inside}" '
        f'stroke="{border}" stroke-width="1.6"/>'
    )
    middle = x + _WIDTH / 2
    yield _text(middle, y + 24, 14, "#1f2933", _words(node.name))
    yield _text(middle, y + 42, 10.5, "#59626d", SAYS.get(node.name, node.kind))
    for at, data in enumerate(sorted(node.uses & set(BADGES))):
        yield from _badge(x + _WIDTH - 10 - 17 * at, y + _HEIGHT, data)


def _badge(x: float, y: float, data: str) -> Iterator[str]:
    letter, colour = BADGES[data]
    yield f'<circle cx="{x:.0f}" cy="{y:.0f}" r="8" fill="{colour}" stroke="#ffffff" stroke-width="1.2"/>'
    yield _text(x, y + 3.5, 9.5, "#ffffff", letter)


def _text(x: float, y: float, size: float, colour: str, words: str) -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="middle">{escape(words)}</text>'
    )


def _words(name: str) -> str:
    """EdgeDistribution -> Edge distribution"""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize().replace("Http api", "HTTP API").replace("Api", "API")


def _legend(graph: Graph, y: float) -> Iterator[str]:
    x = float(_MARGIN)
    for stack, (border, inside) in STACKS.items():
        if stack:
            yield f'<rect x="{x:.0f}" y="{y}" width="18" height="14" rx="3" fill="{inside}" stroke="{border}"/>'
            yield f'<text x="{x + 25:.0f}" y="{y + 12}" font-size="12" fill="#1f2933">{stack}</text>'
            x += 150
    yield (
        f'<text x="{x:.0f}" y="{y + 12}" font-size="12" fill="#1f2933">ParleyObservability: a dashboard, '
        f"a topic, {graph.alarms} alarms</text>"
    )
    x, y = float(_MARGIN), y + 34
    for why, (colour, dashes) in LINES.items():
        head = f'marker-end="url(#{why.replace(" ", "-")})"'
        yield f'<path d="M{x:.0f},{y} h34" stroke="{colour}" stroke-width="1.6"{dashes} {head}/>'
        yield f'<text x="{x + 42:.0f}" y="{y + 4}" font-size="12" fill="#1f2933">{why}</text>'
        x += 120
    yield f'<text x="{x:.0f}" y="{y + 4}" font-size="12" fill="#1f2933">its role may use:</text>'
    x += 110
    for data in BADGES:
        yield from _badge(x, y, data)
        yield f'<text x="{x + 13:.0f}" y="{y + 4}" font-size="12" fill="#1f2933">{_words(data)}</text>'
        x += 120


if __name__ == "__main__":
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER
    try:
        sys.stdout.write(draw(read_graph(given)))
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(str(problem))
