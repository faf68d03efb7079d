"""A chart as SVG for paper: the same data that <gx-chart> draws on the screen, in the light colours of the design."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from guanxi.core.typesetting import FONT
from guanxi.records.reports.printing.scales import scale_of, written

WIDTH, HEIGHT = 700.0, 280.0
INK, INK_2, INK_3, LINE, INDIGO = "#1a1c21", "#474b54", "#666a73", "#e6e5e0", "#3550b5"
TONES = ("#3550b5", "#2a9a67", "#d08a1d", "#0c6b80", "#aebcee", "#9a9da5", "#1b7650", "#8f5600", "#c3cdf2", "#b8293d", "#8f8d86", "#474b54")  # fmt: skip
GREY = "#9a9da5"
SIZE = 10.0
MOST_ROWS = 40
# What a name in the middle of the last category may need beside it.
EDGE = 14.0


@dataclass
class Sheet:
    """Shapes drawn so far."""

    data: Mapping[str, Any]
    width: float = WIDTH
    height: float = HEIGHT
    shapes: list[str] = field(default_factory=list)

    def rect(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """A filled box; one turned about is put right."""
        x, width = (x + width, -width) if width < 0 else (x, width)
        y, height = (y + height, -height) if height < 0 else (y, height)
        self.shapes.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>')

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str = LINE, dash: str = "") -> None:
        """A thin line."""
        style = f' stroke-dasharray="{dash}"' if dash else ""
        self.shapes.append(f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{stroke}" stroke-width="1" fill="none"{style}/>')  # fmt: skip

    def text(self, x: float, y: float, text: str, *, anchor: str = "start", fill: str = INK_3, size: float = SIZE, bold: bool = False) -> None:  # fmt: skip
        """Words; y is their base line."""
        weight = ' font-weight="700"' if bold else ""
        self.shapes.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}" font-size="{size:.0f}"{weight}>{escape(text)}</text>')  # fmt: skip

    def path(self, commands: str, *, stroke: str = "none", fill: str = "none", opacity: float = 1.0) -> None:
        """Any outline."""
        self.shapes.append(f'<path d="{commands}" stroke="{stroke}" stroke-width="2" fill="{fill}" fill-opacity="{opacity}"/>')  # fmt: skip

    def dot(self, x: float, y: float, fill: str, radius: float = 3.0) -> None:
        """A point."""
        self.shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}"/>')

    def svg(self) -> str:
        """The drawing."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:.0f} {self.height:.0f}" font-family="{FONT}">'
        return head + "".join(self.shapes) + "</svg>"

    def figure(self, value: float | None) -> str:
        """A value in the unit of the chart."""
        return written(value, self.data.get("unit", "number"), self.data.get("currency", ""))


def chart_svg(data: Mapping[str, Any]) -> str:
    """The drawing of what records.reports.charts.chart_of tells."""
    kind = data["kind"]
    rows = kind in ("row", "funnel", "heat")
    height = max(HEIGHT, 34 + 18.0 * len(data["categories"][:MOST_ROWS])) if rows else HEIGHT
    sheet = Sheet(data, height=height)
    drawers = {"row": _rows, "funnel": _funnel, "heat": _heat, "pie": _pie, "gauge": _gauge, "scatter": _scatter}
    drawers.get(kind, _upright)(sheet)
    return sheet.svg()


def text_width(text: str, size: float = SIZE) -> float:
    """About how wide words are: a Chinese character is a square, others about half of one."""
    return sum(size if ord(mark) > 0x2E80 else size * 0.56 for mark in text)


def clipped(text: str, width: float) -> str:
    """As much of the words as fits, with an ellipsis."""
    if text_width(text) <= width:
        return text
    while text and text_width(text) > width - SIZE * 0.6:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _numbers(series: Mapping[str, Any]) -> list[float | None]:
    return [float(value) if isinstance(value, int | float) else None for value in series["values"]]


def _tone(series: Mapping[str, Any], at: int) -> str:
    return GREY if series.get("tone") == "grey" else TONES[at % len(TONES)]


def _legend(sheet: Sheet) -> float:
    """Names of several series on top; returns where the drawing begins."""
    series = sheet.data["series"]
    if len(series) < 2:
        return 8.0
    x, y = 0.0, 10.0
    for at, one in enumerate(series):
        name = clipped(one["name"], 150)
        width = 14 + text_width(name) + 16
        if x + width > sheet.width:
            x, y = 0.0, y + 16
        sheet.rect(x, y - 7, 9, 7, _tone(one, at))
        sheet.text(x + 14, y, name, fill=INK_2)
        x += width
    return y + 18


def _targets(sheet: Sheet) -> list[float]:
    return [float(one["value"]) for one in sheet.data.get("targets", ())]


def _stacks(sheet: Sheet) -> list[float]:
    """The ends of stacked bars, above and below zero."""
    columns = list(zip(*(_numbers(one) for one in sheet.data["series"]), strict=False))
    above = [sum(value for value in column if value and value > 0) for column in columns]
    return above + [sum(value for value in column if value and value < 0) for column in columns]


def _upright(sheet: Sheet) -> None:
    """Bars, stacked bars, lines and areas over categories."""
    data, kind = sheet.data, sheet.data["kind"]
    names: Sequence[str] = data["categories"]
    values = _stacks(sheet) if kind == "stacked" else [value for one in data["series"] for value in _numbers(one) if value is not None]  # fmt: skip
    scale = scale_of([*values, *_targets(sheet)], zero=True)
    top, bottom = _legend(sheet), sheet.height - 22
    left = 8 + max(text_width(sheet.figure(tick)) for tick in scale.ticks)
    place = lambda value: bottom - scale.at(value, bottom - top)  # noqa: E731
    for tick in scale.ticks:
        sheet.line(left, place(tick), sheet.width, place(tick), INK_3 if tick == 0 else LINE)
        sheet.text(left - 6, place(tick) + 3.5, sheet.figure(tick), anchor="end")
    step = (sheet.width - left - EDGE) / max(1, len(names))
    _names_below(sheet, names, left, step, bottom + 15)
    draw = _lines if kind in ("line", "area") else _stacked if kind == "stacked" else _bars
    draw(sheet, left, step, place)
    for one, value in zip(data.get("targets", ()), _targets(sheet), strict=False):
        sheet.line(left, place(value), sheet.width, place(value), INK_2, "4 3")
        sheet.text(sheet.width, place(value) - 4, one["name"], anchor="end", fill=INK_2)


def _names_below(sheet: Sheet, names: Sequence[str], left: float, step: float, y: float) -> None:
    """As many names as have room: each, every second, …"""
    widest = max((text_width(name) for name in names), default=0.0)
    every = max(1, math.ceil(min(widest + 8, 90) / max(step, 0.1)))
    for at, name in enumerate(names):
        if at % every == 0:
            sheet.text(left + step * (at + 0.5), y, clipped(name, max(step * every - 6, 12)), anchor="middle")


def _bars(sheet: Sheet, left: float, step: float, place: Any) -> None:
    series = sheet.data["series"]
    width = min(28.0, step * 0.72 / len(series))
    for number, one in enumerate(series):
        for at, value in enumerate(_numbers(one)):
            if value is not None:
                x = left + step * (at + 0.5) + width * (number - len(series) / 2)
                sheet.rect(x, place(value), max(width - 1, 0.5), place(0.0) - place(value), _tone(one, number))


def _stacked(sheet: Sheet, left: float, step: float, place: Any) -> None:
    width = min(28.0, step * 0.72)
    count = len(sheet.data["categories"])
    above, below = [0.0] * count, [0.0] * count
    for number, one in enumerate(sheet.data["series"]):
        for at, value in enumerate(_numbers(one)):
            if value:
                base = above if value > 0 else below
                x = left + step * (at + 0.5) - width / 2
                sheet.rect(x, place(base[at] + value), width, place(base[at]) - place(base[at] + value), _tone(one, number))  # fmt: skip
                base[at] += value


def _lines(sheet: Sheet, left: float, step: float, place: Any) -> None:
    for number, one in enumerate(sheet.data["series"]):
        tone = _tone(one, number)
        run: list[tuple[float, float]] = []
        for at, value in enumerate([*_numbers(one), None]):
            if value is not None:
                run.append((left + step * (at + 0.5), place(value)))
                continue
            # What is missing leaves a gap, not a slope to zero.
            if run:
                _one_line(sheet, run, tone, place(0.0))
            run = []


def _one_line(sheet: Sheet, run: Sequence[tuple[float, float]], tone: str, zero: float) -> None:
    outline = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in run)
    if sheet.data["kind"] == "area":
        sheet.path(f"{outline}L{run[-1][0]:.1f} {zero:.1f}L{run[0][0]:.1f} {zero:.1f}Z", fill=tone, opacity=0.12)
    sheet.path(outline, stroke=tone)
    if len(run) < 16:
        for x, y in run:
            sheet.dot(x, y, tone)


def _rows(sheet: Sheet) -> None:
    """Lying bars: long names at the left, the figure at the end of each bar."""
    series = sheet.data["series"]
    names: Sequence[str] = sheet.data["categories"][:MOST_ROWS]
    values = [value for one in series for value in _numbers(one)[:MOST_ROWS] if value is not None]
    scale = scale_of([*values, *_targets(sheet)])
    top = _legend(sheet)
    left = min(200.0, 16 + max((text_width(name) for name in names), default=0.0))
    room = sheet.width - left - 70
    step = (sheet.height - top - 8) / max(1, len(names))
    width = min(22.0, step * 0.76 / len(series))
    zero = left + scale.at(0.0, room)
    sheet.line(zero, top, zero, sheet.height - 8, INK_3)
    for at, name in enumerate(names):
        middle = top + step * (at + 0.5)
        sheet.text(left - 8, middle + 3.5, clipped(name, left - 12), anchor="end", fill=INK_2)
        for number, one in enumerate(series):
            value = _numbers(one)[at]
            if value is None:
                continue
            end = left + scale.at(value, room)
            y = middle + width * (number - len(series) / 2)
            sheet.rect(zero, y, end - zero, max(width - 1, 1), _tone(one, number))
            if width >= 7:
                sheet.text(max(end, zero) + 5, y + width / 2 + 3.5, sheet.figure(value))
    for one, value in zip(sheet.data.get("targets", ()), _targets(sheet), strict=False):
        x = left + scale.at(value, room)
        sheet.line(x, top, x, sheet.height - 8, INK_2, "4 3")
        sheet.text(x + 4, top + 8, one["name"], fill=INK_2)


def _funnel(sheet: Sheet) -> None:
    """Centred bars, the width as the figure."""
    values = [max(value or 0.0, 0.0) for value in _numbers(sheet.data["series"][0])][:MOST_ROWS]
    most = max([*values, 1e-9])
    step = (sheet.height - 12) / max(1, len(values))
    for at, (name, value) in enumerate(zip(sheet.data["categories"], values, strict=False)):
        width = max(2.0, 360 * value / most)
        y = 6 + step * at
        sheet.rect(sheet.width / 2 - width / 2 + 60, y, width, min(step - 3, 34), INDIGO)
        middle = y + min(step - 3, 34) / 2 + 3.5
        sheet.text(sheet.width / 2 - 130, middle, clipped(name, 200), anchor="end", fill=INK_2)
        sheet.text(sheet.width / 2 + 250, middle, sheet.figure(value), fill=INK_2)


def _heat(sheet: Sheet) -> None:
    """A field of boxes: columns are series, rows categories, darker is more."""
    series = sheet.data["series"]
    names: Sequence[str] = sheet.data["categories"][:MOST_ROWS]
    most = max((value for one in series for value in _numbers(one) if value is not None), default=0.0)
    left = min(170.0, 16 + max((text_width(name) for name in names), default=0.0))
    step, rise = (sheet.width - left) / max(1, len(series)), (sheet.height - 26) / max(1, len(names))
    for row, name in enumerate(names):
        sheet.text(left - 8, rise * (row + 0.5) + 3.5, clipped(name, left - 12), anchor="end", fill=INK_2)
        for column, one in enumerate(series):
            value = _numbers(one)[row]
            share = max(value or 0.0, 0.0) / most if most > 0 else 0.0
            sheet.rect(left + step * column, rise * row, step - 1, rise - 1, _shade(share))
            if step > 34 and value:
                sheet.text(left + step * (column + 0.5), rise * (row + 0.5) + 3.5, sheet.figure(value), anchor="middle", fill="#ffffff" if share > 0.55 else INK)  # fmt: skip
    _names_below(sheet, [one["name"] for one in series], left, step, sheet.height - 8)


def _shade(share: float) -> str:
    """From the soft grey to indigo."""
    low, high = (0xEF, 0xEE, 0xEA), (0x35, 0x50, 0xB5)
    return "#" + "".join(f"{round(one + (other - one) * share):02x}" for one, other in zip(low, high, strict=True))


def _pie(sheet: Sheet) -> None:
    """A ring with its names, figures and shares beside; negative parts have no place in it."""
    values = [max(value or 0.0, 0.0) for value in _numbers(sheet.data["series"][0])]
    whole = sum(values)
    centre, outer, inner = (150.0, sheet.height / 2), 112.0, 70.0
    angle = -math.pi / 2
    for at, (name, value) in enumerate(zip(sheet.data["categories"], values, strict=False)):
        part = value / whole if whole else 0.0
        if part:
            sheet.path(_ring(centre, outer, inner, angle, angle + part * 2 * math.pi), fill=TONES[at % len(TONES)])
        angle += part * 2 * math.pi
        y = 24 + 20.0 * at
        if y < sheet.height - 6:
            sheet.rect(310, y - 8, 9, 9, TONES[at % len(TONES)])
            sheet.text(326, y, clipped(name, 190), fill=INK_2)
            sheet.text(590, y, sheet.figure(value), anchor="end", fill=INK)
            sheet.text(650, y, written(part * 100, "percent", ""), anchor="end")


def _ring(centre: tuple[float, float], outer: float, inner: float, start: float, end: float) -> str:
    """A part of a ring; a whole one is drawn a hair shorter, because an arc cannot end where it begins."""
    end = min(end, start + 2 * math.pi - 1e-4)
    large = 1 if end - start > math.pi else 0
    at = lambda radius, angle: f"{centre[0] + radius * math.cos(angle):.2f} {centre[1] + radius * math.sin(angle):.2f}"  # noqa: E731
    return f"M{at(outer, start)}A{outer} {outer} 0 {large} 1 {at(outer, end)}L{at(inner, end)}A{inner} {inner} 0 {large} 0 {at(inner, start)}Z"  # fmt: skip


def _gauge(sheet: Sheet) -> None:
    """Half a ring filled as far as the share."""
    values = _numbers(sheet.data["series"][0])
    value = (values[0] if values else None) or 0.0
    centre, start, whole = (sheet.width / 2, sheet.height * 0.66), math.pi * 0.95, math.pi * 1.1
    most = max(100.0, value)
    sheet.path(_ring(centre, 130, 112, start, start + whole), fill="#efeeea")
    if value > 0:
        sheet.path(_ring(centre, 130, 112, start, start + whole * value / most), fill=INDIGO)
    sheet.text(centre[0], centre[1] + 4, sheet.figure(value), anchor="middle", fill=INK, size=28, bold=True)
    sheet.text(centre[0], centre[1] + 30, sheet.data["series"][0]["name"], anchor="middle", fill=INK_2)


def _scatter(sheet: Sheet) -> None:
    """Points by two figures."""
    points = [point for one in sheet.data["series"] for point in one["values"] if isinstance(point, list | tuple)]
    if not points:
        _upright(sheet)
        return
    across, up = scale_of((float(x) for x, _y in points)), scale_of(float(y) for _x, y in points)
    left, top, bottom = 8 + max(text_width(_plain(tick)) for tick in up.ticks), 8.0, sheet.height - 36
    for tick in up.ticks:
        y = bottom - up.at(tick, bottom - top)
        sheet.line(left, y, sheet.width - 30, y)
        sheet.text(left - 6, y + 3.5, _plain(tick), anchor="end")
    for tick in across.ticks:
        sheet.text(left + across.at(tick, sheet.width - left - 30), bottom + 15, sheet.figure(tick), anchor="middle")
    for x, y in points:
        sheet.dot(left + across.at(float(x), sheet.width - left - 30), bottom - up.at(float(y), bottom - top), INDIGO)
    sheet.text(sheet.width / 2, sheet.height - 6, sheet.data["series"][0]["name"], anchor="middle", fill=INK_2)


def _plain(value: float) -> str:
    return written(value, "number", "")
