"""Notation: numbers and dates as people and their programs write them into cells, read only when they can mean one thing."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from forecast.dates import read_date
from forecast.errors import Fault, quote

NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
THREE_DIGITS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
"""One mark and three digits behind it: a thousand and something, or one and something."""

GROUPED = re.compile(r"[+-]?[0-9]{1,3}([ .,'_\u2019\u00a0\u202f])[0-9]{3}(\1[0-9]{3})*([.,][0-9]+)?|[0-9]+(_[0-9]+)+")
PERCENT = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*%")
SERIAL = re.compile(r"[1-9][0-9]{4}(\.[0-9]+)?")
EXCEL_EPOCH = dt.date(1899, 12, 30)

ZONE = r"\s*(?:z|[a-z]{3,5})?\s*(?:[+-][0-9]{2}:?[0-9]{2})?(?:\s*\([^()]{1,60}\))?"
TIME = rf"(?:[T,\s]+[0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:[.,][0-9]+)?)?\s*(?:[ap]\.?\s?m\.?)?{ZONE})?"
WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
IN_DIGITS = re.compile(rf"([0-9]{{1,4}})([/.-])([0-9]{{1,2}})\2([0-9]{{1,4}}){TIME}", re.IGNORECASE)
DAY_FIRST = re.compile(rf"{WEEKDAY}([0-9]{{1,2}})[ /.-]+([^\W\d_]{{3,9}})[ /.,-]+([0-9]{{2,4}}){TIME}", re.IGNORECASE)
MONTH_FIRST = re.compile(rf"{WEEKDAY}([a-z]{{3,9}})[ .]+([0-9]{{1,2}})[ ,]+([0-9]{{2,4}}){TIME}", re.IGNORECASE)
MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
ABROAD: Mapping[int, tuple[str, ...]] = {
    1: ("jän", "janv", "ene", "gen", "styczeń", "sty"),
    2: ("févr", "fév", "fevr", "fev", "lut"),
    3: ("mär", "mrz", "märz", "mars", "mrt"),
    4: ("avr", "abr", "kwi"),
    5: ("mai", "mei", "mag", "maj"),
    6: ("juin", "giu"),
    7: ("juil", "lug", "lip"),
    8: ("août", "aou", "aoû", "ago", "sie"),
    9: ("sept", "set", "wrz"),
    10: ("okt", "ott", "out", "paź"),
    11: ("lis",),
    12: ("dez", "déc", "dic", "gru"),
}
"""Short names of months in the other languages in which trackers are set up, where they mean one month only."""

NEEDED = "a date is written year-month-day, like 2026-05-01"


@dataclass(frozen=True)
class Notation:
    """How one sheet writes numbers and dates, as far as its own cells settle it.

    has_commas : its cells are separated by commas, so that a point is always a decimal point
    decimal : the decimal mark that some of its numbers show beyond doubt, "." or ","; empty when none does, or both
    orders : column of dates -> "day" or "month", whichever comes first in some of its dates beyond doubt
    short_years : "26" is 2026; trackers write so, people do too but mean several things
    """

    has_commas: bool = True
    decimal: str = ""
    orders: Mapping[str, str] = field(default_factory=dict)
    short_years: bool = False

    @classmethod
    def settle(
        cls, has_commas: bool, numbers: Iterable[str], dates: Iterable[tuple[tuple[str, ...], Iterable[str]]]
    ) -> Notation:
        """The notation of a sheet.

        numbers : texts in its columns of numbers
        dates : columns of dates that are written alike (the start and the end of a sprint), and the texts in them
        """
        marks = {mark for text in numbers if (mark := _show_mark(text))}
        orders: dict[str, str] = {}
        for columns, texts in dates:
            shown = {order for text in texts if (order := show_order(text))}
            orders |= {column: shown.copy().pop() for column in columns if len(shown) == 1}
        return cls(has_commas, marks.pop() if len(marks) == 1 else "", orders)

    def number(self, text: str) -> float:
        """The number that a text stands for. Raises Fault when it is none, or may mean two."""
        return _read_number(text, "." if self.has_commas and "," not in text else self.decimal)

    def date(self, text: str, column: str) -> dt.date:
        """The date that a text stands for. Raises Fault when it is none, or may mean two."""
        return _read_date(text, self.orders.get(column, ""), self.short_years)


def _show_mark(text: str) -> str:
    """The decimal mark that a number shows beyond doubt."""
    if THREE_DIGITS.fullmatch(text):
        return ""
    if DECIMAL_COMMA.fullmatch(text):
        return ","
    return "." if "." in text and NUMBER.fullmatch(text) else ""


@lru_cache(maxsize=10_000)
def _read_number(text: str, decimal: str) -> float:
    if THREE_DIGITS.fullmatch(text) and text[-4] != decimal:
        bare = text.replace(text[-4], "")
        if decimal:
            raise Fault("", quote(text), f"write it without a mark for thousands: {bare}")
        point = text.replace(",", ".")
        raise Fault("", quote(text), f"it could mean {bare} or {point}; write {bare}, or {float(point):.2f}")
    if NUMBER.fullmatch(text):
        return float(text)
    if DECIMAL_COMMA.fullmatch(text):
        return float(text.replace(",", "."))
    raise Fault("", quote(text), _explain(text))


def _explain(text: str) -> str:
    """What to write instead of a text that is no number."""
    if GROUPED.fullmatch(text):
        marks = re.findall(r"[^0-9+-]", text)
        whole, _, decimals = (
            text.rpartition(marks[-1]) if marks[-1] in ".," and marks.count(marks[-1]) == 1 else (text, "", "")
        )
        bare = re.sub(r"[^0-9+-]", "", whole if len(marks) > 1 else text)
        return f"write it without marks for thousands: {bare}" + (f".{decimals}" if decimals and len(marks) > 1 else "")
    if match := PERCENT.fullmatch(text):
        return f"write it as a share: {float(match[1].replace(',', '.')) / 100:g}"
    digits = (unicodedata.digit(char, None) for char in unicodedata.normalize("NFKC", text))
    plain = "".join(
        char if digit is None else str(digit)
        for char, digit in zip(unicodedata.normalize("NFKC", text), digits, strict=True)
    )
    if plain != text and NUMBER.fullmatch(plain):
        return f"write it in plain digits: {plain}"
    return "a number is needed, with a point for decimals"


def show_order(text: str, short_years: bool = False) -> str:
    """What a date shows beyond doubt to stand first, the day or the month; nothing for a year, or where it may be both."""
    match = IN_DIGITS.fullmatch(text)
    if match is None or len(match[4]) not in ((2, 4) if short_years else (4,)) or len(match[1]) > 2:
        return ""
    first, second = int(match[1]), int(match[3])
    if first > 12 >= second:
        return "day"
    return "month" if second > 12 >= first else ""


@lru_cache(maxsize=10_000)
def _read_date(text: str, order: str, short_years: bool = False) -> dt.date:
    if match := IN_DIGITS.fullmatch(text):
        if len(match[1]) == 4 and len(match[4]) <= 2:
            return _make_date(text, match[1], match[3], match[4])
        year = _read_year(text, match[4], short_years)
        if len(match[1]) > 2:
            raise Fault("", quote(text), "write the year in four digits, like 2026-05-01")
        return _read_digits(text, int(match[1]), int(match[3]), year, order or show_order(text, short_years))
    if match := DAY_FIRST.fullmatch(text):
        return _read_month(text, match[1], match[2], _read_year(text, match[3], short_years))
    if match := MONTH_FIRST.fullmatch(text):
        return _read_month(text, match[2], match[1], _read_year(text, match[3], short_years))
    if SERIAL.fullmatch(text):
        day = EXCEL_EPOCH + dt.timedelta(days=int(float(text)))
        raise Fault("", text, f"a date is needed; if this is one as a spreadsheet counts days, write {day}")
    return read_date(text, "")


def _read_digits(text: str, first: int, second: int, year: int, order: str) -> dt.date:
    if order == "day" or first == second:
        return _make_date(text, year, second, first)
    if order == "month":
        return _make_date(text, year, first, second)
    if max(first, second) > 12:
        raise Fault("", quote(text), "there is no such day")
    one, other = _make_date(text, year, second, first), _make_date(text, year, first, second)
    raise Fault("", quote(text), f"it could be {_say(one)} or {_say(other)}; write {one} or {other}")


def _read_year(text: str, year: str, short_years: bool) -> int:
    if len(year) == 4:
        return int(year)
    if len(year) == 2 and short_years:
        return 2000 + int(year) if int(year) < 70 else 1900 + int(year)
    raise Fault("", quote(text), "write the year in four digits, like 2026-05-01")


def _read_month(text: str, day: str, month: str, year: int) -> dt.date:
    found = [number for number, name in enumerate(MONTHS, start=1) if name.startswith(month.casefold())]
    if len(found) != 1:
        found = [number for number, names in ABROAD.items() if month.casefold().rstrip(".") in names]
    if not found:
        raise Fault("", quote(text), NEEDED)
    return _make_date(text, year, found[0], day)


def _make_date(text: str, year: str | int, month: str | int, day: str | int) -> dt.date:
    try:
        made = dt.date(int(year), int(month), int(day))
    except ValueError:
        raise Fault("", quote(text), "there is no such day") from None
    return read_date(made, "")


def _say(day: dt.date) -> str:
    return f"{day.day} {MONTHS[day.month - 1].capitalize()}"
