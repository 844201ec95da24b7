"""Run as a program, with an official client on the path: orders through its encoder, the gateway and its decoder.

Prints, as JSON, how many orders were compared and which attributes came back other than they were sent.
"""

import inspect
import json
import logging
import random
import sys

from ibapi import decoder, order_condition, wrapper
from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.order import Order
from ibapi.tag_value import TagValue
from msgspec import structs

from alphatrader.sim.exchange.orders import OrderStatus
from alphatrader.sim.gateway.completed_order import completed_order
from alphatrader.sim.gateway.open_order import open_order
from alphatrader.sim.gateway.order_preview import as_order
from alphatrader.sim.gateway.order_request import build_request
from alphatrader.sim.scripted import CONTRACTS, OPEN_NS, SPY_CON_ID
from alphatrader.sim.wire.fields import split_fields
from alphatrader.sim.wire.readers import read_request

KNOWN = {contract.con_id: contract for contract in CONTRACTS}
COUNT = 200
SINCE_176 = frozenset({"duration", "postToAts", "autoCancelParent"})


class Heard(wrapper.EWrapper):
    """Keeps what the decoder hands over."""

    def openOrder(self, orderId, contract, order, orderState):  # noqa: N802, N803
        self.order, self.state = order, orderState

    def completedOrder(self, contract, order, orderState):  # noqa: N802, N803
        self.completed = orderState


class Line:
    """Stands for the socket."""

    def __init__(self):
        self.sent = []

    def isConnected(self):  # noqa: N802
        return True

    def sendMsg(self, text):  # noqa: N802
        self.sent.append(text)


ECHOED = (
    *("lmtPrice", "auxPrice", "tif", "ocaGroup", "ocaType", "orderRef", "parentId", "blockOrder"),
    *("sweepToFill", "displaySize", "triggerMethod", "outsideRth", "hidden", "goodAfterTime", "goodTillDate"),
    *("rule80A", "allOrNone", "minQty", "percentOffset", "trailStopPrice", "trailingPercent", "faGroup"),
    *("faMethod", "faPercentage", "designatedLocation", "origin", "shortSaleSlot", "exemptCode"),
    *("discretionaryAmt", "eTradeOnly", "firmQuoteOnly", "nbboPriceCap", "auctionStrategy", "startingPrice"),
    *("stockRefPrice", "delta", "stockRangeLower", "stockRangeUpper", "volatilityType", "continuousUpdate"),
    *("referencePriceType", "settlingFirm", "clearingAccount", "clearingIntent", "notHeld", "solicited"),
    *("modelCode", "adjustedOrderType", "triggerPrice", "adjustedStopPrice", "adjustedStopLimitPrice"),
    *("adjustedTrailingAmount", "lmtPriceOffset", "adjustableTrailingUnit", "cashQty", "isOmsContainer"),
    *("discretionaryUpToLimitPrice", "usePriceMgmtAlgo", "optOutSmartRouting", "duration", "postToAts"),
    "autoCancelParent",
)
"""Plain attributes that openOrder repeats at these versions, for orders of any type."""


def drawn(rng, name, unset):
    """A value of the kind that the attribute has."""
    if name in {"goodAfterTime", "goodTillDate"}:
        return "20261116 15:00:00"
    if name == "tif":
        return rng.choice(["DAY", "GTC"])
    if name == "adjustedOrderType":
        return "TRAIL"
    if name == "ocaType":
        return rng.randint(1, 3)
    if isinstance(unset, bool) or name == "usePriceMgmtAlgo":
        return rng.random() < 0.5
    if isinstance(unset, str):
        return f"text {rng.randint(0, 9)}"
    return rng.randint(1, 9) if isinstance(unset, int) else rng.randint(1, 5000) / 100


def conditions(rng):
    """One of each kind, or none."""
    if rng.random() < 0.5:
        return []
    time = order_condition.TimeCondition(False, "20261116 15:00:00")
    return [
        order_condition.PriceCondition(2, SPY_CON_ID, "SMART", True, 650.5),
        time.Or(),
        order_condition.MarginCondition(True, 30),
        order_condition.ExecutionCondition("STK", "SMART", "SPY"),
        order_condition.VolumeCondition(SPY_CON_ID, "SMART", True, 100),
        order_condition.PercentChangeCondition(SPY_CON_ID, "SMART", False, 2.5),
    ]


def build(rng, fields):
    """An order with some of its attributes set."""
    order = Order()
    order.action, order.totalQuantity = "BUY", rng.randint(1, 50)
    order.orderType = rng.choice(["LMT", "STP", "TRAIL", "MKT", "REL", "STP LMT", "PEG BENCH"])
    order.eTradeOnly = order.firmQuoteOnly = False
    for name in fields:
        if rng.random() < 0.25:
            setattr(order, name, drawn(rng, name, getattr(order, name)))
    if rng.random() < 0.3:
        order.algoStrategy, order.algoParams = "Twap", [TagValue("strategyType", "Marketable")]
    if rng.random() < 0.3:
        order.deltaNeutralOrderType, order.deltaNeutralConId = "LMT", 44
    if rng.random() < 0.3:
        order.scalePriceIncrement, order.scaleAutoReset = 0.05, True
    order.conditions = conditions(rng)
    return order


def is_same(sent, read, unset):
    """Whether an attribute came back as it was sent; what was not set may come back as a gateway writes that."""
    if sent in (read, unset):
        return True
    return not isinstance(sent, str) and float(sent) == float(read)


def payload(sent, version):
    """The fields that a client sent: older clients hand over the text with its id, newer ones the framed bytes."""
    data = sent if isinstance(sent, bytes) else sent.encode()
    return split_fields(data[4:] if data[:1] == b"\0" else data)


def main(version):
    """Compare orders."""
    rng = random.Random(version)
    heard, line = Heard(), Line()
    client = EClient(heard)
    client.serverVersion_, client.connState, client.conn = version, EClient.CONNECTED, line
    reader = decoder.Decoder(heard, version)
    numbered = "msgId" in inspect.signature(reader.interpret).parameters
    contract = Contract()
    contract.conId, contract.symbol, contract.secType = SPY_CON_ID, "SPY", "STK"
    contract.exchange, contract.currency = "SMART", "USD"
    known = vars(Order()).keys() - (SINCE_176 if version < 176 else set())
    fields = [name for name in ECHOED if name in known]
    different = {}

    def interpret(encoded):
        values = [value.encode() for value in split_fields(encoded[4:])]
        if numbered:
            reader.interpret(tuple(values[1:]), int(values[0]))
        else:
            reader.interpret(tuple(values))

    for _ in range(COUNT):
        order = build(rng, fields)
        client.placeOrder(7, contract, order)
        placed = read_request(payload(line.sent.pop(), version), version)
        asked = build_request(1, placed, SPY_CON_ID, KNOWN, OPEN_NS)
        kept = structs.replace(as_order(asked), perm_id=99, oca_type=asked.oca_type or 3)
        interpret(open_order(kept, KNOWN, "DUSIM0001", version))
        unset = Order()
        for name in fields:
            if not is_same(getattr(order, name), getattr(heard.order, name), getattr(unset, name)):
                different[name] = [str(getattr(order, name)), str(getattr(heard.order, name))]
        if [vars(c) for c in order.conditions] != [vars(c) for c in heard.order.conditions]:
            different["conditions"] = [str(order.conditions), str(heard.order.conditions)]
        if heard.state.status != "PreSubmitted":
            different["status"] = heard.state.status
        done = structs.replace(
            kept, status=OrderStatus.CANCELLED, closed_ns=OPEN_NS, closed_reason="Cancelled by Trader"
        )
        interpret(completed_order(done, KNOWN, "DUSIM0001", version, quantity=1))
        if heard.completed.completedStatus != "Cancelled by Trader":
            different["completedStatus"] = heard.completed.completedStatus
    sys.stdout.write(json.dumps({"compared": COUNT, "fields": len(fields), "different": different}))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    main(int(sys.argv[1]))
