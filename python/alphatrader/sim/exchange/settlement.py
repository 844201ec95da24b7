"""What becomes of options: cash settlement, exercise, assignment, expiry; and exercises that their holder asks for.

Cash-settled options pay their intrinsic value once the settlement price is known. Physical ones are exercised when
$0.01 or more in the money (OCC's exercise by exception) unless their holder says otherwise, and become stock at the
strike; the premium goes into the stock's cost. Holders may decide until 17:30 New York, so that is when positions
change. Short options are assigned likewise; early assignment is not modelled.
"""

from decimal import Decimal

from alphatrader import calendar
from alphatrader.domain.errors import DataError
from alphatrader.sim.exchange.checks import Refusal, invalid
from alphatrader.sim.exchange.desk import Desk
from alphatrader.sim.exchange.fills import Fills
from alphatrader.sim.exchange.matching import exact
from alphatrader.sim.exchange.orders import Side
from alphatrader.sim.market.types import ListedContract

EXERCISE_DEADLINE = "17:30"
"""New York; holders may decide until then."""
AUTOMATIC_USD = Decimal("0.01")
_ZERO = Decimal(0)


class Settlement:
    """Settles the account's options."""

    def __init__(self, desk: Desk, fills: Fills) -> None:
        self._desk = desk
        self._fills = fills

    def run(self, *, day_ends: bool = False) -> None:
        """Settle what is due now; at the end of a day, all that has expired, and exercises asked for today."""
        desk = self._desk
        for con_id in [con_id for con_id, held in desk.account.positions.items() if held.quantity]:
            contract = desk.instruments[con_id]
            if contract.sec_type != "OPT":
                continue
            if 0 < contract.settlement_ns <= desk.now_ns:
                self._settle_if_due(contract, day_ends=day_ends)
            elif day_ends and desk.account.instructions.get(con_id, 0) > 0:
                self._exercise_early(contract)

    def instruct(self, con_id: int, quantity: int, *, exercise: bool, override: bool) -> Refusal | None:
        """Take a holder's wish to exercise or let lapse; it is carried out at the end of the day, or at expiry.

        ``override`` allows exercising out of the money. Returns why it is refused, None if it is taken.
        """
        desk = self._desk
        contract = desk.instruments.get(con_id)
        if contract is None or contract.sec_type != "OPT":
            return Refusal(200, "No security definition has been found for the request")
        if quantity <= 0 or desk.account.quantity(con_id) < quantity:
            return invalid(f"Exercise quantity {quantity} exceeds the position {desk.account.quantity(con_id)}")
        expires_today = calendar.expiry_date(contract.expiry) == desk.market.session_date
        if exercise and contract.style == "european" and not expires_today:
            return invalid("European options can be exercised at expiration only")
        if not exercise and not expires_today:
            return invalid("Only options that expire today can lapse")
        spot = desk.valuation.spot(contract.underlying_con_id)
        if exercise and not override and _intrinsic(contract, spot) < AUTOMATIC_USD:
            return invalid("The option is out of the money; set override to exercise it nevertheless")
        desk.account.instructions[con_id] = quantity if exercise else -quantity
        desk.journal.note_day(self._held())
        return None

    def _settle_if_due(self, contract: ListedContract, *, day_ends: bool) -> None:
        desk = self._desk
        price = self._settlement_price(contract)
        if price is None:
            return
        if contract.settlement == "cash":
            self._settle_in_cash(contract, price)
            return
        deadline_ns = calendar.to_ns(calendar.expiry_date(contract.expiry), EXERCISE_DEADLINE)
        if day_ends or desk.now_ns >= deadline_ns:
            self._settle_physically(contract, price)

    def _settlement_price(self, contract: ListedContract) -> Decimal | None:
        """Return the price that settles an option, None while it is not known.

        A market that has forgotten a contract from before it began cannot say: then the underlying's present price.
        """
        try:
            price = self._desk.market.settlement_price(contract.con_id)
        except DataError:
            return self._desk.valuation.spot(contract.underlying_con_id)
        return None if price is None else exact(price)

    def _settle_in_cash(self, contract: ListedContract, price: Decimal) -> None:
        held = self._desk.account.quantity(contract.con_id)
        self._fills.move(contract, _closing(held), abs(held), _intrinsic(contract, price))
        self._forget(contract)

    def _settle_physically(self, contract: ListedContract, price: Decimal) -> None:
        held = self._desk.account.quantity(contract.con_id)
        automatic = _intrinsic(contract, price) >= AUTOMATIC_USD
        asked = self._desk.account.instructions.get(contract.con_id, 0)
        if held < 0:
            exercised = abs(held) if automatic else 0
        elif asked > 0:
            exercised = held if automatic else min(held, asked)
        else:
            exercised = max(0, held + asked) if automatic else 0
        self._become_stock(contract, held, exercised)
        lapsed = abs(held) - exercised
        if lapsed:
            self._fills.move(contract, _closing(held), lapsed, _ZERO)
        self._forget(contract)

    def _exercise_early(self, contract: ListedContract) -> None:
        held = self._desk.account.quantity(contract.con_id)
        asked = min(max(0, held), self._desk.account.instructions.pop(contract.con_id))
        self._become_stock(contract, held, asked)

    def _become_stock(self, contract: ListedContract, held: int, exercised: int) -> None:
        """Turn options into stock at the strike; their cost moves into the stock's."""
        if not exercised:
            return
        desk = self._desk
        cost = desk.account.positions[contract.con_id].average_cost * exercised
        stock = desk.instruments[contract.underlying_con_id]
        buys = (held > 0) == (contract.right == "C")
        # The option leaves at its cost, so that it realises nothing: what it cost or brought comes with the stock.
        moves = self._desk.behaviours.on("premium_moves_into_stock")
        carried = (cost if held > 0 else -cost) if moves else _ZERO
        self._fills.move(contract, _closing(held), exercised, _ZERO, -carried)
        shares = exercised * contract.multiplier
        self._fills.move(stock, "BUY" if buys else "SELL", shares, contract.strike, carried)

    def _forget(self, contract: ListedContract) -> None:
        self._desk.account.instructions.pop(contract.con_id, None)
        self._desk.journal.note_day(self._held())

    def _held(self) -> list[ListedContract]:
        positions = self._desk.account.positions.values()
        return [self._desk.instruments[position.con_id] for position in positions if position.quantity]


def _closing(held: int) -> Side:
    return "SELL" if held > 0 else "BUY"


def _intrinsic(contract: ListedContract, price: Decimal) -> Decimal:
    difference = price - contract.strike if contract.right == "C" else contract.strike - price
    return max(_ZERO, difference)
