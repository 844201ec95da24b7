"""Opening the options of a day: list them, carry or draw open interest, and keep the previous close."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.market.backdrop import backdrop_of
from alphatrader.sim.market.chain import DayFacts, OptionChain, Rows
from alphatrader.sim.market.interest import ORDINARY_INTEREST, InterestFactors, overnight, usual_interest
from alphatrader.sim.market.listing import list_options
from alphatrader.sim.market.option_desk import OptionDesk, chain_table
from alphatrader.sim.market.option_flow import usual_volume
from alphatrader.sim.market.option_products import product_of
from alphatrader.sim.market.path import DayPath
from alphatrader.sim.market.profiles import Profile
from alphatrader.sim.market.scheduled import ScheduledEvent
from alphatrader.sim.market.types import ChainTable


def open_options(
    profile: Profile,
    path: DayPath,
    session: calendar.Session,
    seed: int,
    *,
    events: Sequence[ScheduledEvent] = (),
    interest: InterestFactors = ORDINARY_INTEREST,
    conditions: bool = True,
    before: OptionDesk | None = None,
) -> OptionDesk:
    """Return the options of an underlying for a session; ``before`` is their desk of the session before.

    Without it, listing and open interest are drawn around the previous close. With it series stay listed until they
    have expired, and open interest moves overnight by part of the day's volume.
    """
    product = product_of(profile.symbol, path.previous_close)
    listed = list_options(profile, session.date, path.previous_close, before.options if before else ())
    usual = usual_interest(product, listed, session.date, path.previous_close, seed, interest)
    concerning = tuple(event for event in events if event.concerns(path.symbol))
    facts = DayFacts(session, path.day_sigma, path.previous_close, seed, concerning, conditions, profile.options_late)
    backdrop = backdrop_of(path)
    if before is None:
        chain = OptionChain(product, listed, usual, backdrop, facts)
        return OptionDesk(chain, _drawn_close(chain))
    close = dataclasses.replace(before.closing_table(), spot=path.previous_close)
    row_before = np.array([before.chain.row_of.get(option.con_id, -1) for option in listed])
    old = row_before >= 0
    stood = np.where(old, before.chain.open_interest[row_before], 0)
    # A series that is listed for the first time starts with nothing.
    traded = np.where(old, close.volume[row_before], 0.0)
    interest_now = np.where(old, overnight(stood, usual, traded, listed, seed, session.date), 0)
    chain = OptionChain(product, listed, interest_now, backdrop, facts)
    return OptionDesk(chain, _kept_close(close, row_before[old], interest_now[old]))


def _drawn_close(chain: OptionChain) -> ChainTable:
    """Make up the previous close of a first day: yesterday's price, the night still to come, a usual day's volume."""
    quoted, values = chain.closing()
    volume = np.floor(usual_volume(chain))
    last = np.where(volume > 0.0, np.where(quoted.bid > 0.0, quoted.bid, quoted.ask), 0.0)
    before = calendar.sessions_before(chain.facts.session.date, 1)[0]
    return chain_table(chain, before.close_ns, chain.facts.previous_close, quoted, values, last, volume)


def _kept_close(close: ChainTable, rows: Rows, interest: NDArray[np.int64]) -> ChainTable:
    """Return the close of the session before for the series that are still listed, with the interest it left behind."""
    columns = {
        field.name: getattr(close, field.name)[rows]
        for field in dataclasses.fields(close)
        if field.name not in {"ts_ns", "spot", "contracts", "open_interest"}
    }
    contracts = [close.contracts[row] for row in rows.tolist()]
    return dataclasses.replace(close, contracts=contracts, open_interest=interest, **columns)
