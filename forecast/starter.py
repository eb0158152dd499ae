"""Starter: a small portfolio to begin with, made around a date, to be replaced by the user's own."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from forecast.dates import Dateish, read_date
from forecast.errors import Fault, Refused, escape
from forecast.writing import write_folder

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
EARLIEST_START, LATEST_START = dt.date(1902, 1, 1), dt.date(2899, 1, 1)
WORKBOOK = "portfolio.xlsx"
SPRINT_WEEKS = 2

Cell = str | int | dt.date | None

DONE: dict[str, tuple[int, ...]] = {
    "Web": (7, 5, 8, 6, 9, 4, 7, 0, 6, 8, 5, 7),
    "API": (5, 6, 4, 7, 5, 3, 6, 1, 5, 6, 4, 8),
}
"""Items that each team finished, the oldest sprint first; in the eighth everybody was on holiday."""

FEATURE_COLUMNS = ("feature", "team", "items", "low", "likely", "high", "done", "after", "due", "objective")
THROUGHPUT_COLUMNS = ("team", "sprint", "start", "end", "done")

MEANING = (
    ("features", "feature", "its name; the first row is the most important feature, and so on"),
    ("features", "team", "who does this part; blank for a vendor, a review or a milestone"),
    ("features", "items", "size of the part, in the items that the team counts as finished; days if there is no team"),
    ("features", "low, likely, high", "instead of items, when you are not sure: at best, probably, at worst"),
    ("features", "done", "items of that size that are finished already"),
    ("features", "after", "what must finish first, between ';': a feature, or one team's part of it: Login/API"),
    ("features", "due", "the promised day, if there is one"),
    ("features", "objective", "what it is good for (optional)"),
    ("throughput", "team", "the team, written as in features"),
    ("throughput", "sprint", "what the team calls the sprint (optional)"),
    ("throughput", "start, end", "first and last day of the sprint"),
    ("throughput", "done", "items finished in it; write 0 when there were none, never leave it blank"),
)
"""Sheet, column and what it means, for the workbook's third sheet."""

ROADMAP = Template("""\
# A portfolio for forecast. Try it as it is:  forecast run $shown
# then replace teams, history and features by your own. A line that begins with # is a comment.

start = $start             # first day of the forecast; what lies before it is history
history = "$history"     # what each team finished in past sprints, one row per team and sprint
features = "$features"      # what is to be done, the most important first

sprint_days = 14               # calendar days of a sprint
handoff = "next-sprint"        # what another team finished is picked up at the next sprint; or "immediate"
promise_level = 0.85           # a promise holds when its chance is at least this
days_off = [$day_off]        # nobody in the company works; weekends are left out anyway

# Work that is found on the way: in every simulated future, the size of each feature is multiplied by a factor between
# 1.0 and 1.6, most often about 1.2. It is the largest error of most plans, so do not leave it out.
growth = [1.0, 1.2, 1.6]

# Teams need an entry only when something about them is special.
[[team]]
name = "Web"
# wip = 2                      # features it works on at the same time (1)
# share = 0.8                  # of its time for this roadmap (1)
capacity = [{ start = $leave, end = $back, factor = 0.5, why = "half the team is on leave" }]

[[team]]
name = "API"

# Something that happens or does not, once in each future.
[[risk]]
name = "The payment provider changes its interface"
chance = 0.2                   # a share: 1 in 5
adds = { "Checkout/API" = [2, 4, 8] }    # items, to one team's part of a feature

# Without `features` above, features can be written here instead, which takes more than a sheet: lags, other hand-offs.
# [[feature]]
# name = "Checkout"
# work = { Web = [8, 12, 20], API = { size = 9, done = 2, after = ["Login/API"] } }
# after = ["Login", { feature = "Payment contract", lag = 2 }]     # picked up two working days after it
# due = $due
""")


def init(
    folder: str | os.PathLike[str],
    *,
    start: Dateish | None = None,
    spreadsheet: bool = False,
    today: dt.date | None = None,
) -> tuple[Path, ...]:
    """Writes a small commented portfolio that can be forecast at once; returns the files that it wrote.

    start : first day of the forecast; None takes the Monday on or after today, with a history up to then
    spreadsheet : features and history in one workbook, portfolio.xlsx, instead of features.csv and throughput.csv

    Raises Refused when one of the files is there already, and Fault when it cannot be written; then nothing has changed.
    """
    if not os.fspath(folder):
        raise Fault("init", 'folder = ""', "name a folder")
    now = today or dt.date.today()
    starter = Starter.around(now) if start is None else Starter.from_day(read_date(start, "start"))
    files = starter.files(os.fspath(folder), spreadsheet)
    there = [path for path in (Path(folder) / name for name in files) if os.path.lexists(path)]
    if there:
        way_out = "init overwrites nothing; name a new folder"
        raise Refused(Fault(escape(str(path)), "it is there already", way_out) for path in there)
    write_folder(folder, files)
    return tuple(Path(folder) / name for name in files)


@dataclass(frozen=True)
class Starter:
    """The portfolio around a date.

    start : first day of the forecast
    until : last day of the history
    """

    start: dt.date
    until: dt.date

    def __post_init__(self) -> None:
        if not EARLIEST_START <= self.start <= LATEST_START:
            raise Fault("start", self.start.isoformat(), "a day between 1902 and 2899 is needed")

    @classmethod
    def around(cls, today: dt.date) -> Starter:
        """From the Monday on or after today, with whole sprints up to the last Sunday that is over or today."""
        return cls(today + (-today.weekday() % 7) * DAY, today - (today.weekday() + 1) % 7 * DAY)

    @classmethod
    def from_day(cls, start: dt.date) -> Starter:
        """From a given day, with whole sprints up to the Sunday before it."""
        return cls(start, start - (start.weekday() + 1) * DAY)

    def features(self) -> list[tuple[Cell, ...]]:
        """The rows of the features, the columns first."""
        return [
            FEATURE_COLUMNS,
            ("Login", "API", 8, None, None, None, 3, None, self._friday(13), "Win customers"),
            ("Login", "Web", None, 4, 6, 10, None, "Login/API", None, None),
            ("Payment contract", None, None, 10, 15, 30, None, None, None, None),
            ("Checkout", "Web", None, 8, 12, 20, None, "Login", self._friday(28), "Grow revenue"),
            ("Checkout", "API", None, 5, 8, 14, None, "Payment contract", None, None),
            ("Search", "Web", None, 6, 9, 16, None, "Login", self._friday(27), "Grow revenue"),
            ("Audit log", "API", 7, None, None, None, None, None, self._friday(24), "Win customers"),
            ("Reports", "API", None, 3, 5, 9, None, "Audit log", None, "Win customers"),
            ("Reports", "Web", None, 3, 5, 8, None, "Reports/API", None, None),
            ("Launch", None, None, None, None, None, None, "Checkout; Search", self._friday(29), None),
        ]

    def throughput(self) -> list[tuple[Cell, ...]]:
        """The rows of the history, the columns first."""
        rows: list[tuple[Cell, ...]] = [THROUGHPUT_COLUMNS]
        for team, counts in DONE.items():
            for back, done in zip(range(len(counts), 0, -1), counts, strict=True):
                end = self.until - (back - 1) * SPRINT_WEEKS * WEEK
                first = end - SPRINT_WEEKS * WEEK + DAY
                year, week, _ = first.isocalendar()
                rows.append((team, f"{year}-W{week:02}", first, end, done))
        return rows

    def files(self, folder: str, spreadsheet: bool = False) -> dict[str, str | bytes]:
        """Name and content of each file; folder : as its user names it, for the comments."""
        names = (WORKBOOK, WORKBOOK) if spreadsheet else ("features.csv", "throughput.csv")
        monday = self.start - self.start.weekday() * DAY
        roadmap = ROADMAP.substitute(
            shown=escape(folder),
            start=self.start,
            features=names[0],
            history=names[1],
            day_off=monday + 4 * WEEK,
            leave=monday + 6 * WEEK,
            back=monday + 8 * WEEK - 3 * DAY,
            due=self._friday(12),
        )
        if spreadsheet:
            sheets = {"features": self.features(), "throughput": self.throughput(), "columns": _explain_columns()}
            return {"roadmap.toml": roadmap, WORKBOOK: _as_workbook(sheets, self.start)}
        return {"roadmap.toml": roadmap, names[0]: _as_csv(self.features()), names[1]: _as_csv(self.throughput())}

    def _friday(self, weeks: int) -> dt.date:
        """The Friday of the so many-th week, that of the start being the first."""
        return self.start - self.start.weekday() * DAY + weeks * WEEK - 3 * DAY


def _explain_columns() -> list[tuple[Cell, ...]]:
    return [("sheet", "column", "meaning"), *MEANING]


def _as_csv(rows: Sequence[Sequence[Cell]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _as_workbook(sheets: dict[str, list[tuple[Cell, ...]]], made: dt.date) -> bytes:
    """An .xlsx file with these sheets; dates are dates, and the same content gives the same bytes."""
    import xlsxwriter  # here, because only this needs it

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": dt.datetime.combine(made, dt.time())})
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for column in range(len(rows[0])):
                sheet.set_column(column, column, 2 + max(len(str(row[column] or "")) for row in rows))
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, dt.date):
                        sheet.write_datetime(at, column, dt.datetime.combine(cell, dt.time()), day)
                    elif cell is not None:
                        sheet.write(at, column, cell, bold if at == 0 else None)
    return content.getvalue()
