"""The options that edit a roadmap: one for each edit, and how what is written behind them is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from forecast.errors import escape
from forecast.options import Command

if TYPE_CHECKING:
    from forecast.feature import External, Feature
    from forecast.roadmap import Roadmap
    from forecast.whatif import Edit, WhatIf

NUMBER = r"\d+(?:\.\d+)?|\.\d+"
FACTOR = re.compile(rf"(?:x\s*({NUMBER})|({NUMBER})\s*%)")
SPAN = re.compile(
    r"(?P<start>\d{4}-\d{2}-\d{2})(?:\s*\.\.\s*(?P<end>\d{4}-\d{2}-\d{2}))?(?:\s*,\s*ramp\s*=\s*(?P<ramp>\d+))?"
)
LENT = re.compile(rf"(?P<team>.+)/(?P<of>{NUMBER})\s*>\s*(?P<to>.+)/(?P<to_of>{NUMBER})")


def _refuse(option: str, text: str, way_out: str) -> click.UsageError:
    return click.UsageError(f"--{option} {escape(text)!r}: {way_out}")


def _halves(option: str, text: str, example: str) -> tuple[str, str]:
    """What stands before and behind the last equals sign."""
    name, sign, value = (half.strip() for half in text.rpartition("="))
    if not (sign and name and value):
        raise _refuse(option, text, f"write it like this: --{option} {example}")
    return name, value


def _factor(value: str) -> float | None:
    """The factor that x0.8 or 80% stands for."""
    match = FACTOR.fullmatch(value)
    if match is None:
        return None
    return float(match[1]) if match[1] else float(match[2]) / 100


def read_resize(text: str, roadmap: Roadmap) -> dict[str, Any]:
    """Checkout=80% or x0.8: a factor; Checkout/Web=5 or 3,5,8: a size; a bare number is a factor for a whole feature."""
    name, value = _halves("resize", text, '"Checkout=80%", or "Checkout/Web=3,5,8" for a new size')
    factor = _factor(value)
    if factor is not None:
        return {"name": name, "factor": factor}
    numbers = [each.strip() for each in value.split(",")]
    if len(numbers) not in (1, 3) or not all(re.fullmatch(NUMBER, each) for each in numbers):
        raise _refuse("resize", text, "a factor is written 80% or x0.8, a size 5 or 3,5,8")
    sizes = [float(each) for each in numbers]
    is_feature = name in {feature.name for feature in roadmap.features if hasattr(feature, "work")}
    if len(sizes) == 1 and is_feature:
        return {"name": name, "factor": sizes[0]}
    return {"name": name, "size": sizes[0] if len(sizes) == 1 else sizes}


def read_split(text: str, roadmap: Roadmap) -> dict[str, Any]:
    """Checkout/Data, or Checkout/Data=Checkout reporting."""
    part, sign, into = text.partition("=")
    return {"part": part.strip()} | ({"into": into.strip()} if sign else {})


def read_link(option: str) -> Callable[[str, Roadmap], dict[str, Any]]:
    """Search=Login, or Search/Web=Login/API: who waits, and for what."""

    def read(text: str, roadmap: Roadmap) -> dict[str, Any]:
        name, after = _halves(option, text, '"Search=Login/API": Search waits for Login/API')
        return {"name": name, "after": after}

    return read


def read_due(text: str, roadmap: Roadmap) -> dict[str, Any]:
    """Checkout=2026-05-01, Checkout=Q2, or Checkout=none."""
    name, date = _halves("due", text, '"Checkout=2026-05-01", "Checkout=Q2" or "Checkout=none"')
    return {"name": name, "due": None if date.casefold() == "none" else date}


def _span(option: str, text: str, written: str, roadmap: Roadmap) -> dict[str, Any]:
    """The days from which and until which, and the ramp; from the start of the roadmap when nothing is said."""
    if not written:
        return {"start": roadmap.start}
    match = SPAN.fullmatch(written)
    if match is None:
        raise _refuse(
            option,
            text,
            "write from when until when: @2026-03-02, @2026-03-02..2026-04-30, with ,ramp=42 if it takes days",
        )
    span: dict[str, Any] = {"start": match["start"], "end": match["end"]}
    return span | ({"ramp_days": int(match["ramp"])} if match["ramp"] else {})


def read_capacity(text: str, roadmap: Roadmap) -> dict[str, Any]:
    """Web=80%@2026-03-02..2026-04-30, or Web=+1/5@2026-03-02,ramp=42: one more in a team of five."""
    example = '"Web=80%@2026-03-02..2026-04-30", or "Web=+1/5@2026-03-02" for one more in a team of five'
    team, value = _halves("capacity", text.replace("ramp=", "ramp:"), example)
    change, _, written = (half.strip() for half in value.partition("@"))
    said = {"team": team} | _span("capacity", text, written.replace("ramp:", "ramp="), roadmap)
    people = re.fullmatch(rf"([+-]\s*(?:{NUMBER}))\s*/\s*({NUMBER})", change)
    if people:
        return said | {"people": float(people[1].replace(" ", "")), "of": float(people[2])}
    factor = float(change) if re.fullmatch(NUMBER, change) else _factor(change)
    if factor is None:
        of_how_many = re.fullmatch(rf"[+-]\s*(?:{NUMBER})", change)
        way_out = (
            f"{change} of how many? Write {change}/5" if of_how_many else f"write it like this: --capacity {example}"
        )
        raise _refuse("capacity", text, way_out)
    return said | {"factor": factor}


def read_lend(text: str, roadmap: Roadmap) -> dict[str, Any]:
    """Web/4>API/6=1@2026-03-02..2026-04-30: one of Web's four goes to API's six."""
    example = '"Web/4>API/6=1@2026-03-02..2026-04-30": one of the four of Web joins the six of API'
    teams, value = _halves("lend", text.replace("ramp=", "ramp:"), example)
    people, _, written = (half.strip() for half in value.partition("@"))
    match = LENT.fullmatch(teams)
    if match is None or not re.fullmatch(NUMBER, people):
        raise _refuse("lend", text, f"write it like this: --lend {example}")
    said = {"team": match["team"].strip(), "to": match["to"].strip(), "people": float(people)}
    said |= {"of": float(match["of"]), "to_of": float(match["to_of"])}
    return said | _span("lend", text, written.replace("ramp:", "ramp="), roadmap)


def read_wip(text: str, roadmap: Roadmap) -> dict[str, Any]:
    """API=3."""
    team, value = _halves("wip", text, '"API=3"')
    if not value.isdecimal():
        raise _refuse("wip", text, 'give a whole number: --wip "API=3"')
    return {"team": team, "wip": int(value)}


def read_allocation(text: str, roadmap: Roadmap) -> dict[str, Any]:
    """Web=Grow revenue:60,Debt:40 in percent, or Web=none."""
    example = '"Web=Grow revenue:60,Debt:40" in percent, or "Web=none"'
    team, value = _halves("allocation", text, example)
    if value.casefold() == "none":
        return {"team": team, "allocation": None}
    shares = {}
    for each in value.split(","):
        objective, sign, percent = (half.strip() for half in each.rpartition(":"))
        match = re.fullmatch(rf"({NUMBER})\s*%?", percent)
        if not (sign and match):
            raise _refuse("allocation", text, f"write it like this: --allocation {example}")
        if 0 < float(match[1]) < 1:
            raise _refuse("allocation", text, f"{percent} looks like a share; write percent: {100 * float(match[1]):g}")
        shares[objective] = float(match[1]) / 100
    return {"team": team, "allocation": shares}


READERS: dict[str, tuple[str, Callable[[str, Roadmap], dict[str, Any]], str, str]] = {
    "split": ("split", read_split, "FEATURE/TEAM[=NAME]", "Make a team's part a feature of its own."),
    "drop": ("without", lambda text, roadmap: {"name": text}, "NAME", "Take a feature off the roadmap."),
    "resize": ("resize", read_resize, "NAME=SIZE", 'Change scope: "Checkout=80%", "Checkout/Web=3,5,8".'),
    "link": ("link", read_link("link"), "NAME=OTHER", 'One more dependency: "Search=Login/API".'),
    "unlink": ("unlink", read_link("unlink"), "NAME=OTHER", "One dependency less."),
    "due": ("set_due", read_due, "NAME=DATE", 'Another due date: "Checkout=2026-05-01", "=Q2" or "=none".'),
    "capacity": (
        "staff",
        read_capacity,
        "TEAM=CHANGE@FROM..TO",
        'Capacity over time: "Web=80%@2026-03-02..2026-04-30", '
        '"Web=+1/5@2026-03-02,ramp=42" for one more in a team of five.',
    ),
    "lend": (
        "lend",
        read_lend,
        "TEAM/N>TEAM/M=PEOPLE@FROM..TO",
        'People for another team: "Web/4>API/6=1@2026-03-02".',
    ),
    "wip": ("set_wip", read_wip, "TEAM=N", "Parts that a team works on at the same time."),
    "allocation": ("set_allocation", read_allocation, "TEAM=SHARES", 'In percent: "Web=Grow revenue:60,Debt:40".'),
}
"""Option -> the edit it makes, how its text is read, how it is shown, and what it is for. In this order they are made."""


@dataclass(frozen=True)
class EditOptions:
    """The edits that were asked for on the command line.

    texts : option of READERS -> what was written behind each of its uses
    """

    add: tuple[str, ...]
    move: str | None
    above: str | None
    below: str | None
    rank: int | None
    expedite: bool
    edits: str | None
    everywhere: bool
    texts: dict[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        placed = [option for option in ("above", "below", "rank", "expedite") if getattr(self, option)]
        if len(placed) > 1:
            raise click.UsageError(f"--{placed[0]} and --{placed[1]} both say where to; give one of them.")
        if placed and len(self.add) + (self.move is not None) != 1:
            way_out = "the others stand in a file: --edits" if self.add or self.move else "give --add or --move as well"
            raise click.UsageError(f"--{placed[0]} says where one feature goes; {way_out}.")
        if self.everywhere and (placed or len(self.add) + (self.move is not None) != 1):
            raise click.UsageError(
                "--everywhere tries one feature at every rank: give one --add or --move, and no place."
            )
        if self.move is not None and not placed and not self.everywhere:
            raise click.UsageError("--move needs to know where to: --above, --below, --rank or --expedite.")

    @property
    def are_any(self) -> bool:
        """True when something is to be edited."""
        return bool(self.add or self.move or self.edits or any(self.texts.values()))

    def what_if(self, roadmap: Roadmap) -> WhatIf:
        """The what-if that is asked for: the edits of the file, features added, one moved, and then the rest."""
        from forecast.whatif import WhatIf
        from forecast.whatif_file import read_what_if

        kept = read_what_if(self.edits) if self.edits else WhatIf(())
        edits = [*kept.edits, *self._placed_edits(), *self._edits(roadmap)]
        return WhatIf(edits, kept.name if len(edits) == len(kept.edits) else "")

    def tried_everywhere(self, roadmap: Roadmap) -> tuple[Feature | External | str, WhatIf]:
        """What --everywhere tries at every rank, and the edits that follow it there. Raises Refused when that is impossible."""
        from forecast.whatif import Edit, WhatIf
        from forecast.whatif_file import read_insertions, read_what_if

        kept = read_what_if(self.edits).edits if self.edits else ()
        then = WhatIf([*kept, *self._edits(roadmap)])
        edits = [Edit("move", name=self.move, rank=1)] if self.move is not None else read_insertions(self.add[0])
        if len(edits) > 1:
            raise click.UsageError(f"--everywhere tries one feature, and {escape(self.add[0])} holds several.")
        WhatIf([*edits, *then.edits]).apply(roadmap)
        return self.move if self.move is not None else edits[0].values["feature"], then

    def _placed_edits(self) -> Iterator[Edit]:
        from forecast.whatif import Edit
        from forecast.whatif_file import read_insertions

        place = {"above": self.above, "below": self.below, "rank": self.rank, "expedite": self.expedite or None}
        where = {key: value for key, value in place.items() if value is not None}
        for file in self.add:
            edits = read_insertions(file, **where)
            if where and len(edits) > 1:
                raise click.UsageError(
                    f"--{next(iter(where))} says where one feature goes, and {escape(file)} holds several."
                )
            yield from edits
        if self.move is not None:
            yield Edit("move", name=self.move, **where)

    def _edits(self, roadmap: Roadmap) -> Iterator[Edit]:
        from forecast.whatif import Edit

        for option, (verb, read, _, _) in READERS.items():
            yield from (Edit(verb, **read(text, roadmap)) for text in self.texts[option])


def with_edits(command: Command) -> Command:
    """Gives a command the options that become its `EditOptions`."""
    options = [
        click.option("--add", multiple=True, metavar="FILE", help="Insert the feature in a TOML file."),
        click.option("--move", metavar="NAME", help="Move a feature."),
        click.option("--above", metavar="NAME", help="Where the feature goes: right above this one ..."),
        click.option("--below", metavar="NAME", help="... or right below this one ..."),
        click.option("--rank", type=click.IntRange(min=1), metavar="N", help="... or to this rank (1 is the top) ..."),
        click.option("--expedite", is_flag=True, help="... or to the top, and ahead of what is in flight ..."),
        click.option("--everywhere", is_flag=True, help="... or at every rank in turn: its date against the harm."),
    ]
    options += [
        click.option(f"--{option}", multiple=True, metavar=shown, help=text)
        for option, (_, _, shown, text) in READERS.items()
    ]
    options += [click.option("--edits", metavar="FILE", help="Edits kept in a what-if.toml; they are made first.")]
    for option in reversed(options):
        command = option(command)
    return command


def take_edits(given: dict[str, Any]) -> EditOptions:
    """The edits among the values of all options, which are taken out of them."""
    own = {key: given.pop(key) for key in ("add", "move", "above", "below", "rank", "expedite", "edits", "everywhere")}
    return EditOptions(**own, texts={option: given.pop(option) for option in READERS})
