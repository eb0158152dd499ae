"""The page of an ordering: what the better order brings, the few moves that matter, who pays, and the whole order.

Every number is taken from `Ordering.to_dict()`, so that page and JSON cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from forecast.aim import DELAY, PROMISES, VALUE
from forecast.errors import escape
from forecast.impact_wording import is_hopeless, moves, say_chance_when, say_days, say_slip
from forecast.ordering import SMALL
from forecast.page import Page, fill_table
from forecast.phrases import say_count, say_date, say_few, say_list, say_number, say_share
from forecast.pledge_wording import say_unvalued
from forecast.tally import say_chance
from forecast.wording import Told, say_level, say_provenance

NAMED = 4
THUMB = {VALUE: "weighted shortest job first", DELAY: "weighted shortest job first", PROMISES: "earliest due first"}


def render_ordering(told: Told) -> str:
    """One page: on a terminal folded to its width and with colours, else plain and with one line a sentence."""
    page = Page()
    page.line(_say_aim(told))
    page.lines(_say_moves(told))
    if told["is_better"]:
        page.line("")
        page.table(fill_table(*_list_order(told)))
        page.line("")
        page.lines(_say_cost(told))
    page.line("")
    page.lines(_say_method(told))
    page.line("")
    page.line(say_ordering(told), "bold")
    page.line(say_provenance(told), "dim")
    return page.text


def _say_what(told: Told) -> str:
    """What is aimed at, as the beginning of a sentence."""
    by = say_date(told["by"])
    if told["aim"] == PROMISES:
        count = told["promises"]
        if count == 1:
            return f"The chance that the promise of {by} is kept"
        return f"The chance that all {count:,} promises until {by} are kept"
    if told["aim"] == VALUE:
        return f"{'Value' if told['is_stated'] else 'Features'} delivered by {by}"
    what = "Cost of delay" if told["is_stated"] else "Weeks until features are done, added up"
    return f"{what} until {by}"


def _say_both(told: Told) -> tuple[str, str]:
    """What is aimed at in the given and in the proposed order, with so many digits that they can be told apart."""
    before, after = told["before"], told["after"]
    if told["aim"] == PROMISES:
        runs = told["provenance"]["runs"]
        if _find_hopeless(told):
            return "never", "never"
        said = say_chance(before, runs), say_chance(after, runs)
        if not told["is_better"] or not before or (said[0] != said[1] and not told["is_small"]):
            return said
        return f"{100 * before:.1f} %", f"{100 * after:.1f} %"
    for digits in range(max(before, after) < 100, 5):
        said = f"{before:,.{digits}f}", f"{after:,.{digits}f}"
        seen = abs(round(after, digits) - round(before, digits))
        if not told["is_better"] or (said[0] != said[1] and not (told["is_small"] and seen >= SMALL * abs(before))):
            break
    return said


def _find_hopeless(told: Told) -> list[str]:
    """The promises that no order can keep, where the aim is to keep all of them."""
    if told["aim"] != PROMISES:
        return []
    rows = [row for row in told["impact"]["features"] if row["is_promise_before"] and row["due_before"] <= told["by"]]
    return [escape(row["name"]) for row in rows if is_hopeless(row, "before")]


def _say_gain(told: Told, amount: float) -> str:
    """A difference of what is aimed at: 3.9, or 5.9 points."""
    return f"{100 * amount:.1f} points" if told["aim"] == PROMISES else _round(amount)


def _round(amount: float) -> str:
    """Three digits are enough: 12,300, 125, 4.0, 0.25."""
    return f"{amount:,.0f}" if abs(amount) >= 100 else f"{amount:.1f}" if abs(amount) >= 1 else f"{amount:.2g}"


def _say_aim(told: Told) -> str:
    """What the given order and the proposed one come to."""
    before, after = _say_both(told)
    line = f"{_say_what(told)}: {before} in the given order"
    if not told["is_better"]:
        return f"{line}."
    line += f", {after} in the proposed one"
    if told["gain"]:
        better = "less" if told["aim"] == DELAY else "more"
        line += f"; {_say_gain(told, told['gain'])} {better}, give or take {_say_gain(told, 2 * told['gain_se'])}"
    line += "."
    if told["kept_before"] is not None and told["promises"] > 1:
        kept = [f"{told[f'kept_{when}']:.2f}" for when in ("before", "after")]
        line += f" Of the {told['promises']:,}, {kept[0]} are kept on average in the given order, {kept[1]} in the proposed one."
    return line


def _say_moves(told: Told) -> Iterator[str]:
    """The few moves that make most of the gain."""
    if not told["moves"]:
        return
    yield ""
    last = told["moves"][-1]
    one = len(told["moves"]) == 1
    most = "most" if last["share"] >= 0.5 else "a part"
    yield f"{'This move alone makes' if one else 'These moves make'} {most} of the gain:"
    for number, move in enumerate(told["moves"], start=1):
        together = "" if number == 1 else " together with the above"
        yield (
            f"  {number}. {_say_move(move)}: {_say_gain(told, move['gain'])}{together}, "
            f"{_say_part(move['share'])} of the gain."
        )


def _say_part(share: float) -> str:
    """A share of the gain; moves alone may bring more than all of it, or lose something at first."""
    return "all" if share >= 0.995 else say_share(share) if share >= 0 else f"-{say_share(-share)}"


def _say_move(move: Told) -> str:
    company = [escape(name) for name in move["with"]]
    along = f", with {say_few(company)}" if company else ""
    return f"{escape(move['name'])} from rank {move['rank_before']} to rank {move['rank_after']}{along}"


def _list_order(told: Told) -> tuple[list[str], list[list[str | Text]]]:
    """The proposed order, with each feature's date and chance in both orders."""
    impact, runs = told["impact"], told["provenance"]["runs"]
    level = told["provenance"]["promise_level"]
    key = f"{level:g}"
    has_due = any(row["due_after"] for row in impact["features"])
    heads = ["\nFeature", "\nRank", "\nwas", f"{say_level(level)} sure\nas given", "\nas proposed", "Slip,\ndays"]
    heads += ["\nDue", "Chance\nas given", "\nas proposed", "\nPromise"] if has_due else []
    rows: list[list[str | Text]] = []
    for row in impact["features"]:
        was = "" if row["rank_before"] == row["rank_after"] else str(row["rank_before"])
        cells: list[str | Text] = [escape(row["name"]), str(row["rank_after"]), was]
        cells += [say_date(row[f"dates_{when}"][key]) for when in ("before", "after")]
        cells.append(say_slip(row, runs) if moves(row) else "")
        if has_due:
            cells.append(say_date(row["due_after"]) if row["due_after"] else "")
            cells += [say_chance_when(row, when, runs) for when in ("before", "after")]
            cells.append(_say_flip(row))
        rows.append(cells)
    return heads, rows


def _say_flip(row: Told) -> Text:
    if row["flip"]:
        return Text("BREAKS", "bold red") if row["flip"] == "breaks" else Text("now holds", "bold green")
    return Text("" if not row["is_promise_after"] else "holds" if row["holds_after"] else "does not")


def _say_cost(told: Told) -> Iterator[str]:
    """Who pays for the proposed order, and who gains."""
    impact = told["impact"]
    rows = {row["name"]: row for row in impact["features"]}
    for key, verb, word in (("slips", "pays", "later"), ("gains", "gains", "earlier")):
        names = [name for name in impact[key] if moves(rows[name])]
        names.sort(key=lambda name: -_size(rows[name]))
        if not names:
            yield f"Nobody {verb}."
            continue
        said = [f"{escape(name)} ({_say_shift(rows[name], word)})" for name in names[:NAMED]]
        rest = f"; {len(names):,} features are {word} in all" if len(names) > NAMED else ""
        yield f"Who {verb}: {say_list(said)}{rest}."
    flips = [
        f"{say_few([escape(name) for name in impact[key]], NAMED)} no longer {_hold(impact[key])}"
        if key == "breaks"
        else f"{say_few([escape(name) for name in impact[key]], NAMED)} now {_hold(impact[key])}"
        for key in ("breaks", "mends")
        if impact[key]
    ]
    if impact["portfolio"]["promises_before"]:
        yield f"Promises: {'; '.join(flips)}." if flips else "No promise flips."


def _hold(names: list[str]) -> str:
    return "holds" if len(names) == 1 else "hold"


def _size(row: Told) -> float:
    mean = row["slip"]["mean"]
    return float("inf") if mean is None else abs(float(mean))


def _say_shift(row: Told, word: str) -> str:
    if row["slip"]["mean"] is None:
        return "finished in fewer runs" if word == "later" else "finished in more runs"
    return f"{say_days(row['slip']['mean'])} {word}"


def _say_method(told: Told) -> Iterator[str]:
    """What was tried, and where the figures are from."""
    runs = told["provenance"]["runs"]
    tried, were = say_count(told["tried"], "order"), "was" if told["tried"] == 1 else "were"
    if told["is_complete"]:
        if told["tried"] == 1:
            yield "No other order is allowed that would change anything."
        else:
            yield f"Every order that is allowed was tried ({tried} that differ) on {told['trial_runs']:,} runs."
    else:
        thumb = THUMB[told["aim"]]
        yield (
            f"{tried} {were} tried on {told['trial_runs']:,} runs each, from the given order and from {thumb}; "
            "not all were, so a better one may exist."
        )
    yield f"The figures here are from {say_count(runs, 'fresh run')} (seed {told['provenance']['seed']})."
    if told["pins"]:
        ranks = "its rank" if len(told["pins"]) == 1 else "their ranks"
        yield f"Pinned to {ranks}: {say_list([escape(pin) for pin in told['pins']])}."
    if not told["is_stated"]:
        what = "value, so each counts 1" if told["aim"] == VALUE else "cost of delay, so each counts 1 a week"
        yield f"No feature has a {what}."
    if told["unvalued"]:
        yield say_unvalued(told["unvalued"], told["weights"][told["unvalued"][0]])
    if told["worthless"]:
        names = say_few([escape(name) for name in told["worthless"]], NAMED)
        yield f"Without a cost of delay, and so counting nothing: {names}."


def say_ordering(told: Told) -> str:
    """The answer in one sentence that a manager can say."""
    hopeless = _find_hopeless(told)
    if hopeless and not told["is_better"]:
        return f"No order keeps all of them, for {say_few(hopeless, NAMED)} can never be kept: the given one stays."
    if not told["is_better"]:
        if told["candidate_gain"] is None:
            return "No better order was found: the given one stays."
        told_error = told["candidate_se"]
        error = "" if told_error is None else f", give or take {_say_gain(told, 2 * told_error)}"
        line = f"The best of the others gains {_say_gain(told, told['candidate_gain'])}{error}, which may be luck."
        return f"No better order was found: the given one stays. {line}"
    what = _say_what(told)
    before, after = _say_both(told)
    change = f"{after} instead of {before}" if after != before else f"{after} as before"
    line = (
        f"{what}: {change} when {say_count(told['moved'], 'feature')} of {len(told['order']):,} {_move(told['moved'])}"
    )
    if told["is_small"]:
        half = "half a point" if told["aim"] == PROMISES else "half a percent"
        return f"{line}. That is less than {half} and too small to matter: keep your order."
    if told["moves"]:
        few = len(told["moves"])
        heads = [f"{escape(move['name'])} to rank {move['rank_after']}" for move in told["moves"]]
        share = _say_part(told["moves"][-1]["share"])
        line += f"; {say_count(few, 'move')} ({say_list(heads)}) {'makes' if few == 1 else 'make'} {share} of the gain"
    elif not told["gain"] and told["kept_before"] is not None:
        more = told["kept_after"] - told["kept_before"]
        line += f"; {say_number(more)} more promises are kept on average"
    return f"{line}."


def _move(count: int) -> str:
    return "changes its place" if count == 1 else "change places"
