"""Reports: a forecast for its stakeholders, as one page with its charts and numbers beside it.

fc.make_report(base).write("reports/x")
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from forecast.checkup import Checkup
from forecast.dates import Dateish
from forecast.errors import Fault, quote
from forecast.outcome import LEVELS, Forecast
from forecast.report.facts import Facts, Progress, find_facts
from forecast.report.markdown import to_markdown
from forecast.report.page import render_page
from forecast.report.pictures import Drawn, list_shots
from forecast.report.story import Story, tell_story
from forecast.report.studio import FEWEST, Studio, can_help
from forecast.report.tables import to_csv, to_json, to_xlsx
from forecast.whatif import WhatIf
from forecast.writing import write_folder

Said = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, eq=False)
class Report:
    """A forecast as a page, a text, tables and pictures, all of the same numbers. `make_report` makes it."""

    facts: Facts
    drawn: tuple[Drawn, ...]

    @cached_property
    def story(self) -> Story:
        """What the page and the text say."""
        return tell_story(self.facts)

    @property
    def html(self) -> str:
        """The page: one file that needs no other, no network, and runs nothing but its own script."""
        return render_page(self.story, self.drawn)

    @property
    def markdown(self) -> str:
        """The text, for a chat or a wiki."""
        return to_markdown(self.story)

    @property
    def missing(self) -> str:
        """Characters that no font here has: escapes in the PNGs, themselves in the SVGs and on the page."""
        return "".join(sorted(set().union(*(each.missing for each in self.drawn))))

    def files(self) -> dict[str, str | bytes]:
        """All files of the report by their names in its folder."""
        found: dict[str, str | bytes] = {
            "index.html": self.html,
            "forecast.json": to_json(self.facts),
            "forecast.csv": to_csv(self.facts),
            "forecast.xlsx": to_xlsx(self.facts),
        }
        for each in self.drawn:
            found[f"charts/{each.shot.name}.png"] = each.png
            found[f"charts/{each.shot.name}.svg"] = each.svg
        return found

    def write(self, folder: str | os.PathLike[str], *, force: bool = False) -> list[str]:
        """Writes all files into a folder, all or none, and returns their names. Raises Fault when some are there already.

        force : overwrite them; what else is in the folder stays
        """
        found = self.files()
        write_folder(folder, found, force=force)
        return list(found)


def make_report(
    forecast: Forecast,
    *,
    title: str = "",
    levels: Sequence[float] = LEVELS,
    checkup: Checkup | None = None,
    what_ifs: Sequence[WhatIf] = (),
    everywhere: bool = False,
    by: Sequence[Dateish] = (),
    has_pictures: bool = True,
    progress: Said | None = None,
) -> Report:
    """A report of a forecast: a `Report`.

    title : what it is a forecast of; levels : of the columns of dates
    checkup : of the files that the forecast came from, as `check` makes it; None examines the roadmap and the history
    what_ifs : each is simulated with the same luck and compared
    everywhere : try the feature that a what-if adds or moves at every rank, too; each takes a simulation
    by : days, or quarters such as "Q2": what can be promised by then, together, and who gets the capacity
    has_pictures : False leaves the charts out, which take most of the time

    Raises Fault for what is no forecast, or a joint one, and as `WhatIf.apply` does.
    """
    if not isinstance(forecast, Forecast) or forecast.joint or forecast.is_alone:
        raise Fault("report", quote(forecast), "give the forecast of a whole roadmap, as simulate makes one")
    if not forecast.features:
        raise Fault("report", "no features", "a roadmap needs at least one feature to be reported on")
    if everywhere and not any(each.tried for each in what_ifs):
        raise Fault("report", "everywhere", "give a what-if that adds or moves one feature, to be tried at every rank")
    with Studio(has_helper=has_pictures and len(forecast.features) >= FEWEST and can_help()) as studio:
        facts = find_facts(
            forecast, title=title, levels=levels, checkup=checkup, what_ifs=what_ifs, everywhere=everywhere, by=by,
            progress=_tell(progress, "Asking"),
        )  # fmt: skip
        return Report(facts, studio.draw(list_shots(facts), _tell(progress, "Drawing")) if has_pictures else ())


def _tell(progress: Said | None, what: str) -> Progress | None:
    return None if progress is None else lambda done, count: progress(what, done, count)
