"""Canvas: what all charts share: a picture with margins in inches, its colours, and texts that fit and can be shown.

Colours are told apart by lightness too, so that a chart survives a grey printer and colour-blind eyes.
"""

from __future__ import annotations

import datetime as dt
import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager, get_font
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from forecast.charts.vector import save, slim
from forecast.errors import escape
from forecast.phrases import MONTHS

FAMILY = "DejaVu Sans"
FALLBACKS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans SC", "Noto Sans JP", "Noto Sans KR"),
    *(
        "WenQuanYi Zen Hei",
        "WenQuanYi Micro Hei",
        "Droid Sans Fallback",
        "PingFang SC",
        "Hiragino Sans",
        "Microsoft YaHei",
    ),
    *(
        "Malgun Gothic",
        "Arial Unicode MS",
        "Noto Sans Devanagari",
        "Noto Sans Thai",
        "Noto Sans Tamil",
        "Noto Sans Bengali",
    ),
    *("Nirmala UI", "Noto Sans Symbols", "Noto Sans Symbols 2", "Segoe UI Symbol", "Noto Emoji"),
)
"""The font of every chart, which comes with the chart library, and those that are tried for what it lacks."""

INK, MUTED, FAINT, PAPER = "#1b1f24", "#57606a", "#d8dee4", "#ffffff"
DARK, MIDDLE, LIGHT = "#0b3c5d", "#2f7fb8", "#a9cfe8"
ALARM = "#b8400f"

SIZES = {"slide": (13.333, 7.5), "half": (6.667, 7.5), "square": (7.5, 7.5)}
"""Sizes in inches: a whole slide of 16:9, half of it, a square."""

DPI = 150
SMALL, NORMAL, HEADING = 7.0, 8.5, 12.0
"""Sizes of texts in points."""

EDGE, LINE = 0.15, 0.17
"""Inches that are left free at the edges of a picture, and from a line of text to the next."""

STABLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "forecast",
    "pdf.fonttype": 42,
    "text.usetex": False,
    "text.hinting": "none",
    "savefig.facecolor": PAPER,
}
"""Texts stay texts in an SVG and as wide as they were measured, and the same picture is always the same bytes."""

STABLE_PDF: dict[str, Any] = {"CreationDate": None}
UNDATED = {"svg": dict.fromkeys(("Date", "Creator", "Format", "Type")), "pdf": STABLE_PDF}

Size = tuple[float, float]


class Picture(Figure):
    """A figure that is written to the same bytes every time, without a date.

    as_written : how to show a text with characters that no font here has, and how to write it into an SVG, where the reader's
        fonts serve; missing : those characters
    """

    def __init__(self, size: Size) -> None:
        super().__init__(figsize=size, dpi=DPI, facecolor=PAPER)
        self.as_written: list[tuple[Callable[[], object], Callable[[], object]]] = []
        self.missing: set[str] = set()

    def savefig(self, fname: Any, *, transparent: bool | None = None, **options: Any) -> None:
        """Writes the picture: to a path, whose ending says as what, or to a binary stream, with `format`."""
        kind = options.get("format") or (Path(fname).suffix[1:] if isinstance(fname, str | Path) else "") or "png"
        if isinstance(fname, PdfPages):
            with mpl.rc_context(STABLE):
                super().savefig(fname, transparent=transparent, **options)  # type: ignore[arg-type]
            return
        options["metadata"] = UNDATED.get(kind.lower(), {}) | (options.get("metadata") or {})
        with mpl.rc_context(STABLE):
            if kind.lower() == "svg":
                save(self._write_svg(transparent=transparent, **options), fname)
            else:
                super().savefig(fname, transparent=transparent, **options)

    def _write_svg(self, **options: Any) -> str:
        stream = io.BytesIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # they are not drawn here but written
            for _, write_it in self.as_written:
                write_it()
            try:
                super().savefig(stream, **options | {"format": "svg"})
            finally:
                for show_it, _ in self.as_written:
                    show_it()
        return slim(stream.getvalue().decode("utf-8"))


@dataclass(frozen=True)
class Margins:
    """Room around the axes, in inches."""

    left: float
    right: float
    top: float
    bottom: float


def open_axes(ax: Axes | None, size: Size, margins: Margins) -> Axes:
    """The axes that are given, or those of a new picture with these margins; without a frame."""
    if ax is None:
        width, height = size
        across, up = width - margins.left - margins.right, height - margins.top - margins.bottom
        box = margins.left / width, margins.bottom / height, across / width, up / height
        ax = Picture(size).add_axes(box)
    for side in ax.spines.values():
        side.set_visible(False)
    ax.tick_params(length=0, labelsize=SMALL + 0.5, labelcolor=MUTED)
    ax.set_axisbelow(True)
    return ax


def inches(ax: Axes) -> Size:
    """Width and height of the axes."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    extent = ax.get_window_extent()
    return extent.width / figure.dpi, extent.height / figure.dpi


def head(ax: Axes, title: str, subtitle: str, margins: Margins) -> None:
    """A title with lines below it that say how to read the picture, at its left edge; on given axes only the title."""
    if not isinstance(ax.figure, Picture):
        write(ax, (0, 0.15), title, room=inches(ax)[0], points=HEADING, color=INK, weight="bold")
        return
    width = ax.figure.get_figwidth()
    left, up = EDGE - margins.left, margins.top - 0.3
    write(ax, (left, up), title, room=width - 2 * EDGE, points=HEADING, color=INK, weight="bold", va="center")
    for line in fold(subtitle, width - 2 * EDGE):
        up -= LINE
        write(ax, (left, up - 0.07), line, color=MUTED, va="center")


def head_room(subtitle: str, width: float) -> float:
    """Inches that a title and what is said below it take on a picture of a width."""
    return 0.5 + LINE * len(fold(subtitle, width - 2 * EDGE))


def fold(text: str, room: float, points: float = NORMAL) -> list[str]:
    """A text in lines that are no wider than the room (inches), broken between words."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measure(longer, points) <= room:
            lines[-1] = longer
        else:
            lines.append(fit(word, room, points))
    return lines


def lay_key(ax: Axes, marks: Sequence[Artist], margins: Margins, above: float) -> None:
    """What the marks mean, in a line from the left edge of the picture, so many inches above the axes."""
    across, up = inches(ax)
    key = ax.legend(
        handles=list(marks), loc="center left", bbox_to_anchor=((EDGE - margins.left) / across, 1 + above / up),
        ncols=len(marks), frameon=False, fontsize=SMALL + 0.5, handlelength=1.4, columnspacing=1.2, borderpad=0,
        handletextpad=0.5, borderaxespad=0,
    )  # fmt: skip
    for text in key.get_texts():
        text.set_color(INK)


def foot(ax: Axes, text: str, margins: Margins) -> None:
    """A line at the lower left edge of the picture: where its numbers come from. Left out on given axes."""
    if isinstance(ax.figure, Picture):
        down = inches(ax)[1] + margins.bottom - 0.12
        room = ax.figure.get_figwidth() - 2 * EDGE
        write(ax, (EDGE - margins.left, -down), text, room=room, points=SMALL - 0.5, color=MUTED, va="center")


def write(ax: Axes, at: Size, text: str, *, room: float | None = None, points: float = NORMAL, **style: Any) -> Text:
    """Writes a text at a place in inches from the upper left corner of the axes; up and right are positive.

    room : inches that it may take; what is longer is shortened in the middle
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    offset = ScaledTranslation(*at, figure.dpi_scale_trans)
    label = ax.text(0, 1, "", transform=ax.transAxes + offset, fontsize=points, clip_on=False, **style)
    return say(label, text, room)


def say(label: Text, text: str, room: float | None = None) -> Text:
    """Gives a label its text: as it can be shown, never taken for a formula, shortened to the room (inches)."""
    points, weight = float(label.get_fontsize()), str(label.get_fontweight())
    line = find_line(text, room, points, weight)
    label.set_parse_math(False)
    label.set_fontfamily([FAMILY, *line.families])
    label.set_text(line.shown)
    _keep(label.get_figure(root=True), line, lambda: label.set_text(line.shown), lambda: label.set_text(line.raw))
    return label


def name_rows(ax: Axes, names: Sequence[str], room: float, points: float) -> None:
    """Names the rows of a chart, the first at 0: labels of the axis at the left, each in a room of so many inches."""
    lines = [find_line(name, room, points) for name in names]
    texts = [line.shown for line in lines]
    ax.yaxis.set_major_locator(FixedLocator(range(len(names))))
    ax.yaxis.set_major_formatter(FixedFormatter(texts))
    ax.tick_params(axis="y", pad=72 * (room + 0.1))
    for place, (label, line) in enumerate(zip(ax.get_yticklabels(), lines, strict=True)):
        label.set(fontsize=points, color=INK, horizontalalignment="left", fontfamily=[FAMILY, *line.families])
        label.set_parse_math(False)
        show_it, write_it = partial(texts.__setitem__, place, line.shown), partial(texts.__setitem__, place, line.raw)
        _keep(ax.get_figure(root=True), line, show_it, write_it)


def name_columns(ax: Axes, places: Sequence[float], names: Sequence[str]) -> None:
    """Labels of the axis at the bottom (or top): plain texts, which may have two lines."""
    ax.set_xticks(list(places), list(names))
    for label in ax.get_xticklabels():
        label.set_parse_math(False)


@dataclass(frozen=True)
class Line:
    """A text as it can be shown here, as it is written into an SVG, the fonts it takes besides the usual, what they lack."""

    shown: str
    raw: str
    families: tuple[str, ...]
    missing: str


def find_line(text: str, room: float | None, points: float = NORMAL, weight: str = "normal") -> Line:
    """How a text from a file is shown: nothing in it acts, and it is no wider than the room (inches)."""
    raw = escape(text)
    shown, families, missing = find_fonts(raw)
    return Line(fit(shown, room, points, weight), fit(raw, room, points, weight), families, missing)


def _keep(figure: object, line: Line, show_it: Callable[[], object], write_it: Callable[[], object]) -> None:
    if line.missing and isinstance(figure, Picture):
        figure.as_written.append((show_it, write_it))
        figure.missing |= set(line.missing)


@cache
def find_fonts(text: str) -> tuple[str, tuple[str, ...], str]:
    """What can be drawn of a text on this machine, the fonts that it takes besides the usual one, and what no font has.

    Characters that no font has are written as escapes.
    """
    lacking = sorted({char for char in text if ord(char) not in _characters(FAMILY)})
    families: list[str] = []
    missing = ""
    for char in lacking:
        found = next((name for name in FALLBACKS if ord(char) in _characters(name)), None)
        if found is None:
            missing += char
        elif found not in families:
            families.append(found)
    shown = "".join(char.encode("unicode_escape").decode("ascii") if char in missing else char for char in text)
    return shown, tuple(families), missing


@cache
def _characters(family: str) -> frozenset[int]:
    """The characters of a font; none when it is not installed."""
    path = next((font.fname for font in fontManager.ttflist if font.name == family), None)
    return frozenset(get_font(path).get_charmap()) if path else frozenset()


@cache
def measure(text: str, points: float = NORMAL, weight: str = "normal") -> float:
    """How wide a text is, in inches; a character that the font lacks counts as wide as it is high."""
    known = "".join(char for char in text if ord(char) in _characters(FAMILY))
    font = FontProperties(family=FAMILY, size=points, weight=weight)
    width = text_to_path.get_text_width_height_descent(known, font, False)[0] if known else 0.0
    return (float(width) + (len(text) - len(known)) * points) / 72


def fit(text: str, room: float | None, points: float = NORMAL, weight: str = "normal") -> str:
    """A text that is no wider than the room (inches), shortened in the middle: names often differ at their ends."""
    if room is None or measure(text, points, weight) <= room:
        return text
    fewest, most = 2, len(text) - 1
    while fewest < most:
        kept = (fewest + most + 1) // 2
        if measure(_shorten(text, kept), points, weight) <= room:
            fewest = kept
        else:
            most = kept - 1
    return _shorten(text, fewest)


def _shorten(text: str, kept: int) -> str:
    first = (kept * 2 + 2) // 3
    return f"{text[:first].rstrip()}…{text[len(text) - (kept - first) :].lstrip() if kept > first else ''}"


def widest(texts: Sequence[str], points: float = NORMAL, least: float = 0.0, most: float = 99.0) -> float:
    """The room that the widest of some texts takes, in inches, within bounds."""
    shown = {text for each in texts for text in (escape(each), find_fonts(escape(each))[0])}
    return min(most, max([least, *(measure(text, points) for text in shown)]))


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Places near the given ones, in the same order, at least a gap apart."""
    order = sorted(range(len(places)), key=lambda each: places[each])
    groups: list[list[float]] = []  # the sum of the wished places of the first, and how many there are
    for count, each in enumerate(order):
        groups.append([places[each] - count * gap, 1])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] > groups[-1][0] / groups[-1][1]:
            last = groups.pop()
            groups[-1] = [groups[-1][0] + last[0], groups[-1][1] + last[1]]
    starts = [total / count for total, count in groups for _ in range(int(count))]
    found = dict(zip(order, (start + count * gap for count, start in enumerate(starts)), strict=True))
    return [found[each] for each in range(len(places))]


def lay_dates(ax: Axes, first: dt.date, last: dt.date) -> None:
    """A horizontal axis of dates: marks at the first of months, or on Mondays, as many as there is room for, with the year."""
    last = max(last, first + dt.timedelta(days=7))
    ax.set_xlim(number(first), number(last))
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    room = max(2, int(inches(ax)[0] / 0.5))
    step = next((step for step in (1, 2, 3, 6, 12, 24, 60, 120) if months / step <= room), 240)
    ticks = [day for day in _first_days(first, last, step) if first <= day <= last]
    is_short = len(ticks) < 2
    if is_short:
        mondays = [
            first + dt.timedelta(days=-first.weekday() % 7 + 7 * week) for week in range((last - first).days // 7 + 1)
        ]
        ticks = [day for day in mondays if day <= last][:: max(1, -(-len(mondays) // room))]
    labels, told = [], 0
    for day in ticks:
        year = str(day.year) if day.year != told else ""
        month = f"{day.day} {MONTHS[day.month - 1]}" if is_short else MONTHS[day.month - 1]
        labels.append(f"{month}\n{year}" if step < 12 else year)
        told = day.year
    name_columns(ax, [number(day) for day in ticks], labels)
    ax.grid(axis="x", color=FAINT, linewidth=0.6)


def lay_counts(ax: Axes, what: str) -> None:
    """A vertical axis of whole numbers from 0, a few of them marked."""
    low, top = ax.get_ylim()
    ticks = [tick for tick in whole_ticks(top, 5, min(low, 0.0)) if tick >= low]
    ax.set_yticks(ticks, [f"{tick:,.0f}" for tick in ticks])
    ax.grid(axis="y", color=FAINT, linewidth=0.6)
    ax.set_ylabel(what, fontsize=SMALL + 0.5, color=MUTED)


def whole_ticks(top: float, most: int, low: float = 0.0) -> list[float]:
    """Round whole numbers up to a top, about so many."""
    return [float(tick) for tick in MaxNLocator(most, integer=True).tick_values(low, top) if low <= tick <= top]


def _first_days(first: dt.date, last: dt.date, step: int) -> list[dt.date]:
    begin, end = first.year * 12 + first.month - 1, last.year * 12 + last.month
    return [dt.date(month // 12, month % 12 + 1, 1) for month in range(-(-begin // step) * step, end, step)]


def number(day: dt.date) -> float:
    """Where a day stands on an axis of dates."""
    return float(date2num(day))  # type: ignore[no-untyped-call]
