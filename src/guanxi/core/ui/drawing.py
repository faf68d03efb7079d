"""Small drawings made on the server: icons, spark lines, initials and their colours, the sign-in network."""

import math
import random
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from zlib import crc32

from markupsafe import Markup

from guanxi.core.ui.assets import asset

SOFT_TONES = ("teal", "amber", "jade", "rose", "indigo", "grey")

# A Chinese company is told from another by the word after its place.
_PLACE = re.compile(
    r"^(?:北京|上海|天津|重庆|广州|深圳|杭州|南京|苏州|宁波|青岛|成都|武汉|西安|无锡|常州|厦门|福州|济南|大连|沈阳|长沙|郑州|合肥|东莞|佛山"
    r"|江苏|浙江|广东|山东|四川|湖北|湖南|河南|河北|福建|安徽|辽宁|陕西|中国)(?:省|市)?"
)
_HAN = re.compile(r"[\u3400-\u9fff]")


def icon(name: str, size: int = 16, label: str | None = None, tone: str | None = None) -> Markup:
    """An icon of the sprite. With `label` it is read aloud, without it is decoration."""
    return _icon(asset("icons.svg"), name, size, str(label or ""), tone or "")


@lru_cache(maxsize=2048)
def _icon(sprite: str, name: str, size: int, label: str, tone: str) -> Markup:
    meaning = Markup(' role="img" aria-label="{}"').format(label) if label else Markup(' aria-hidden="true"')
    tone_class = f" ink-{tone}" if tone else ""
    return Markup('<svg class="icon{}" width="{}" height="{}"{}><use href="{}#{}"/></svg>').format(
        tone_class, size, size, meaning, sprite, name
    )


def initials(name: str) -> str:
    """One Chinese character or two Latin letters that stand for a name."""
    bare = _PLACE.sub("", name.strip()) or name.strip()
    if bare and _HAN.match(bare):
        return bare[0]
    words = [word for word in re.split(r"[^\w]+", name) if word and not word.isdigit()]
    letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else "".join(words)[:2]
    return letters.upper() or "?"


def soft_tone(seed: object) -> str:
    """The same soft colour for the same seed, always."""
    return SOFT_TONES[crc32(str(seed).encode()) % len(SOFT_TONES)]


def spark_points(values: Sequence[float | Decimal | int], width: int = 60, height: int = 20) -> str:
    """The points of a poly-line through `values`, scaled into a box with 3 px of margin."""
    numbers = [float(value) for value in values]
    if not numbers:
        return ""
    low, high = min(numbers), max(numbers)
    span = (high - low) or 1.0
    step = (width - 6) / max(len(numbers) - 1, 1)
    return " ".join(
        f"{3 + index * step:.1f},{height - 3 - (number - low) / span * (height - 6):.1f}"
        for index, number in enumerate(numbers)
    )


def share(value: float | Decimal | int | None, whole: float | Decimal | int | None) -> float:
    """`value` as a percentage of `whole` between 0 and 100, for widths of bars."""
    if not value or not whole:
        return 0.0
    return round(max(0.0, min(100.0, float(value) / float(whole) * 100)), 2)


def _distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    return math.hypot(a[0] - b[0], a[1] - b[1])


def _scatter(rng: random.Random, wanted: int, width: int, height: int, gap: float) -> list[tuple[float, float]]:
    """Points that keep `gap` from each other, so that the drawing is even without being a grid."""
    points: list[tuple[float, float]] = []
    for _try in range(wanted * 60):
        point = (rng.uniform(30, width - 30), rng.uniform(30, height - 30))
        if all(_distance(point, other) > gap for other in points):
            points.append(point)
        if len(points) == wanted:
            break
    return points


def _edges(points: Sequence[tuple[float, float]]) -> Iterable[tuple[int, int, int]]:
    """Each point with its nearest three: (from, to, rank)."""
    for index, point in enumerate(points):
        near = sorted(range(len(points)), key=lambda other: _distance(point, points[other]))
        for rank, other in enumerate(near[1:4]):
            yield index, other, rank


def network(width: int = 880, height: int = 720, seed: int = 20) -> Markup:
    """The drawing beside the sign-in form: a network of relations with the seal in its middle, the same every time."""
    rng = random.Random(seed)
    points = _scatter(rng, 62, width, height, 74)
    centre = (width * 0.61, height * 0.5)
    parts: list[str] = []
    for start, end, rank in _edges(points):
        (x1, y1), (x2, y2) = points[start], points[end]
        parts.append(f'<line class="edge-{rank}" x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}"/>')
    for x, y in sorted(points, key=lambda point: _distance(point, centre))[:9]:
        parts.append(f'<line class="edge-seal" x1="{centre[0]:.0f}" y1="{centre[1]:.0f}" x2="{x:.0f}" y2="{y:.0f}"/>')
    for x, y in points:
        tone = rng.choice(("indigo", "teal", "jade", "grey"))
        parts.append(f'<circle class="node-{tone}" cx="{x:.0f}" cy="{y:.0f}" r="{rng.choice((3, 3, 4, 5, 7))}"/>')
    seal = (
        f'<g transform="translate({centre[0] - 27:.0f} {centre[1] - 27:.0f})"><rect class="seal-ground" width="54" height="54" rx="8"/>'
        '<rect class="seal-edge" x="3.5" y="3.5" width="47" height="47" rx="6"/>'
        '<text class="seal-text" x="27" y="39" text-anchor="middle">关</text></g>'
    )
    # The parts are numbers and constants of this function only; nothing from outside reaches the markup.
    return Markup(
        f'<svg class="network" viewBox="0 0 {width} {height}" preserveAspectRatio="xMidYMid slice" aria-hidden="true">{"".join(parts)}{seal}</svg>'
    )
