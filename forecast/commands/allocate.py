"""`forecast allocate`: who gets the capacity until a date, and who should."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import click

from forecast.errors import escape
from forecast.options import Settings, announce, progress_of, simulate, with_settings, without_levels, write_answer


@without_levels
@click.command(short_help="Who gets the capacity until a day, and why the rest is lost.")
@click.argument("folder", metavar="DIR")
@click.option("--by", required=True, metavar="DATE", help="The last day that counts, or a quarter: Q2.")
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME=PERCENT",
    help="What an objective should get of every team; without it, what the teams' `allocation` says.",
)
@with_settings
def allocate(folder: str, by: str, targets: tuple[str, ...], **given: Any) -> None:
    """Which objectives the capacity of the teams in DIR goes to until a date, what is lost, and why.

    Against targets, and with what enforcing them would do to the dates.

    \b
    forecast allocate data/example --by 2026-06-30
    forecast allocate data/example --by 2026-06-30 --target "Grow revenue=60" --target "Win enterprise=30"
    """
    settings = Settings(**given)
    wanted = read_targets(targets)
    forecast = simulate(folder, settings)

    from forecast import allocation, explanation
    from forecast.allocation_page import render_allocation

    if not settings.quiet and explanation.needs_compiling():
        announce("ledger")
    with progress_of(settings, "Accounting") as progress:
        found = allocation.allocate(forecast, by=by, targets=wanted, progress=progress)
    told = found.to_dict()
    write_answer(settings, lambda: told, found.table, lambda: render_allocation(told), told["notes"])


def read_targets(texts: tuple[str, ...]) -> dict[str, float] | None:
    """The shares that texts such as "Grow revenue=60" stand for; None without any. Raises UsageError for anything else."""
    shares: dict[str, float] = {}
    for text in texts:
        name, sign, number = (half.strip() for half in text.rpartition("="))
        try:
            percent = Decimal(number.removesuffix("%").strip())
        except InvalidOperation:
            percent = Decimal("nan")
        if not (sign and name and percent.is_finite()):
            raise click.UsageError(f'--target {escape(text)!r}: write it like this: --target "Grow revenue=60"')
        if not 0 <= percent <= 100:
            raise click.UsageError(f"--target {escape(text)!r}: a share is from 0 to 100 percent.")
        if 0 < percent < 1:
            raise click.UsageError(
                f"--target {escape(text)!r}: {number} looks like a share; write percent: {100 * percent:g}."
            )
        if name in shares:
            raise click.UsageError(f"--target {escape(text)!r}: {escape(name)} stands twice.")
        shares[name] = float(percent / 100)
    if sum(shares.values()) > 1 + 1e-9:
        raise click.UsageError(
            f"--target: together {100 * sum(shares.values()):g} %; shares may not exceed 100 % together."
        )
    return shares or None
