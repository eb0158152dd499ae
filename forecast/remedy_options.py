"""The options that ask for remedies: which promises are to be kept, how surely, what may be done, and at what price."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from forecast.edit_options import NUMBER
from forecast.errors import Fault, did_you_mean, escape
from forecast.options import Command, read_percent

if TYPE_CHECKING:
    from forecast.menu import Menu, Price
    from forecast.roadmap import Roadmap

STAFFED = re.compile(r"(?P<shares>[^@]*)(?:@\s*(?P<start>\d{4}-\d{2}-\d{2})\s*(?:,\s*ramp\s*=\s*(?P<ramp>\d{1,9}))?)?")
EXAMPLES = {
    "menu": '"down; defer; cut=25,50; capacity=25@2026-03-02,ramp=42"',
    "price": '"value=3,items=1,capacity=20"',
}


def read_keep(texts: Sequence[str], roadmap: Roadmap) -> list[str]:
    """The names, with commas between them or given one by one; a comma in a name that the roadmap has is part of it."""
    known = {tuple(_split(feature.name)): feature.name for feature in roadmap.features}
    names: list[str] = []
    for text in texts:
        pieces = _split(text)
        while pieces:
            whole = next((n for n in range(len(pieces), 0, -1) if tuple(pieces[:n]) in known), 1)
            names.append(known.get(tuple(pieces[:whole]), pieces[0]))
            del pieces[:whole]
    if not all(names):
        raise click.UsageError('--keep: a name is empty; write it like this: --keep "Checkout,Search".')
    return names


def _split(text: str) -> list[str]:
    return [piece.strip() for piece in text.split(",")]


@dataclass(frozen=True)
class RemedyOptions:
    """What was asked about remedies on the command line; level is a share."""

    keep: tuple[str, ...]
    level: float | None
    menu: str | None
    price: str | None

    def __post_init__(self) -> None:
        for option in ("level", "menu", "price"):
            if getattr(self, option) is not None and not self.keep:
                raise click.UsageError(f"--{option} is about the promises to be kept: name them with --keep.")

    def read_menu(self) -> Menu:
        """The menu that the text stands for; all of it with the usual shares when nothing is said."""
        from forecast.menu import CAPACITY, CUTS, Menu

        if self.menu is None:
            return Menu()
        said: dict[str, Any] = {"defer": False, "down": False, "cuts": (), "capacity": ()}
        seen = set()
        for item in (piece.strip() for piece in self.menu.split(";")):
            kind, sign, value = (half.strip() for half in item.partition("="))
            if kind in seen:
                raise _refuse("menu", self.menu, f"{kind} stands twice")
            seen.add(kind)
            if kind in ("defer", "down") and not sign:
                said[kind] = True
            elif kind == "cut":
                said["cuts"] = self._read_percents(value) if sign else CUTS
                if max(said["cuts"]) > 1:
                    raise _refuse("menu", self.menu, "no more than 100 percent of a scope can be cut")
            elif kind == "capacity":
                said |= self._read_capacity(value) if sign else {"capacity": CAPACITY}
            else:
                hint = did_you_mean(kind, ("defer", "down", "cut", "capacity"))
                raise _refuse("menu", self.menu, f"write it like this: {EXAMPLES['menu']}.{hint}")
        try:
            return Menu(**said)
        except Fault as fault:
            raise _refuse("menu", self.menu, str(fault)) from None

    def read_price(self) -> Price | None:
        """The price that the text stands for."""
        from forecast.menu import PRICES, Price

        if self.price is None:
            return None
        said: dict[str, float] = {}
        for item in self.price.split(","):
            name, sign, number = (half.strip() for half in item.partition("="))
            if name not in PRICES:
                hint = did_you_mean(name, PRICES)
                raise _refuse("price", self.price, f"a price is one of {', '.join(PRICES)}.{hint}")
            if not sign or not re.fullmatch(NUMBER, number):
                raise _refuse("price", self.price, f"write it like this: --price {EXAMPLES['price']}")
            if name in said:
                raise _refuse("price", self.price, f"{name} stands twice")
            said[name] = float(number)
        try:
            return Price(**said)
        except Fault as fault:
            raise _refuse("price", self.price, str(fault)) from None

    def _read_percents(self, text: str) -> tuple[float, ...]:
        shares = []
        for piece in text.split(","):
            match = re.fullmatch(rf"({NUMBER})\s*%?", piece.strip())
            if not match:
                raise _refuse("menu", self.menu or "", f"percent are written like this: {EXAMPLES['menu']}")
            if 0 < float(match[1]) < 1:
                way_out = f"{match[1]} looks like a share; write percent: {100 * float(match[1]):g}"
                raise _refuse("menu", self.menu or "", way_out)
            shares.append(float(match[1]) / 100)
        return tuple(shares)

    def _read_capacity(self, text: str) -> dict[str, Any]:
        match = STAFFED.fullmatch(text)
        if match is None:
            raise _refuse("menu", self.menu or "", f"write it like this: {EXAMPLES['menu']}")
        said: dict[str, Any] = {"capacity": self._read_percents(match["shares"])}
        said |= {"start": match["start"]} if match["start"] else {}
        return said | ({"ramp_days": int(match["ramp"])} if match["ramp"] else {})


def _refuse(option: str, text: str, way_out: str) -> click.UsageError:
    return click.UsageError(f"--{option} {escape(text)!r}: {way_out}")


def with_remedies(command: Command) -> Command:
    """Gives a command the options that become its `RemedyOptions`."""
    options = [
        click.option(
            "--keep", multiple=True, metavar="NAME,...", help="What more it takes to keep these promises together."
        ),
        click.option(
            "--level",
            metavar="PERCENT",
            callback=read_percent,
            help="How sure to be of keeping them; the promise_level of the roadmap if not given.",
        ),
        click.option("--menu", metavar="EDITS", help=f"What may be done for it: {EXAMPLES['menu']}."),
        click.option("--price", metavar="PRICES", help=f"What giving up costs, to rank by: {EXAMPLES['price']}."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def take_remedies(given: dict[str, Any]) -> RemedyOptions:
    """What was asked about remedies among the values of all options, which is taken out of them."""
    return RemedyOptions(**{key: given.pop(key) for key in ("keep", "level", "menu", "price")})
