"""An entry against which nothing speaks, and the ground on which it stands."""

from decimal import Decimal
from typing import Any

from msgspec.structs import replace
from tests.execution.terms import bracket, option, plan

from alphatrader.domain.contracts import Right
from alphatrader.domain.exit_plans import ExitPlan, StopTerms
from alphatrader.domain.orders import OrderIntent, OrderTicket
from alphatrader.domain.state import TradingState
from alphatrader.risk.checks import Ground, Standing
from alphatrader.risk.settings import RiskLimits

LIMITS = RiskLimits()
GROUND = Ground(TradingState.ACTIVE, "", in_session=True, session_text="")
STANDING = Standing(
    open_trades=0,
    strategy_busy=False,
    contract_busy=False,
    cooling_down_s=0.0,
    available_usd=Decimal(100_000),
)
ONE_TARGET = plan((0.4, 1.0))
TWO_STEPS = plan((0.2, 0.5), (0.4, 0.5))


def conditional(right: Right = Right.CALL, price: str = "645") -> OrderIntent:
    """An entry that is stopped by the underlying's price."""
    stop = StopTerms(kind="underlying_price", loss_fraction=0.5, underlying_price=Decimal(price))
    return good(plan((0.4, 1.0), stop=stop), right=right)


def good(exit_plan: ExitPlan = ONE_TARGET, quantity: int = 4, right: Right = Right.CALL) -> OrderIntent:
    """An intent as it is built for a signal; four contracts at 1.51 cost 604 dollars and risk 161."""
    intent = bracket(exit_plan, quantity, option(right=right))
    return replace(intent, risk_usd=Decimal("161.60"))


def with_ticket(intent: OrderIntent, number: int, **changes: Any) -> OrderIntent:
    """The intent with one of its tickets changed."""
    tickets = list(intent.tickets)
    tickets[number] = replace(tickets[number], **changes)
    return replace(intent, tickets=tuple(tickets))


def without_ticket(intent: OrderIntent, number: int) -> OrderIntent:
    return replace(intent, tickets=intent.tickets[:number] + intent.tickets[number + 1 :])


def and_ticket(intent: OrderIntent, ticket: OrderTicket) -> OrderIntent:
    return replace(intent, tickets=(*intent.tickets, ticket))
