"""The official client's contracts, orders and bars, from and to the form in which steps describe them."""

from typing import Any

from ibapi import order_condition
from ibapi.contract import ComboLeg, Contract
from ibapi.order import Order
from ibapi.tag_value import TagValue
from normal import fill


def contract_of(fields: dict[str, Any]) -> Contract:
    legs = fields.get("comboLegs")
    contract = fill(Contract(), {key: value for key, value in fields.items() if key != "comboLegs"})
    if legs:
        contract.comboLegs = [fill(ComboLeg(), leg) for leg in legs]
    return contract


def order_of(fields: dict[str, Any], *, untouched: bool = False) -> Order:
    order = Order()
    if not untouched:
        # What every user of 9.81 has to do: its defaults are refused.
        order.eTradeOnly = order.firmQuoteOnly = False
    special = {"conditions", "algoParams", "smartComboRoutingParams"}
    fill(order, {key: value for key, value in fields.items() if key not in special})
    order.conditions = [condition_of(raw) for raw in fields.get("conditions", ())]
    for name in ("algoParams", "smartComboRoutingParams"):
        if name in fields:
            setattr(order, name, [TagValue(tag, value) for tag, value in fields[name]])
    return order


def condition_of(raw: dict[str, Any]) -> Any:
    condition = getattr(order_condition, raw["kind"] + "Condition")()
    condition.isConjunctionConnection = raw.get("conjunction", "a") == "a"
    return fill(condition, {key: value for key, value in raw.items() if key not in {"kind", "conjunction"}})


def bar_row(bar: Any) -> list[Any]:
    wap = bar.wap if hasattr(bar, "wap") else bar.average
    figures = (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.barCount, wap)
    return [str(bar.date), *(float(figure) for figure in figures)]
