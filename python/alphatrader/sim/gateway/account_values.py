"""What the account is worth, in the names of the TWS API."""

from decimal import Decimal

from alphatrader.sim.exchange.account import Account
from alphatrader.sim.exchange.valuation import AccountFigures

_CENT = Decimal("0.01")
_ZERO = Decimal(0)

Row = tuple[str, str, str]
"""Key, value, currency."""


def _usd(amount: Decimal) -> str:
    return f"{amount.quantize(_CENT):f}"


def _amounts(figures: AccountFigures, previous_equity: Decimal) -> dict[str, Decimal]:
    """Return the dollar figures of the account as a whole."""
    available, excess = figures.available_funds, figures.excess_liquidity
    initial, maintenance = figures.initial_margin, figures.maintenance_margin
    return {
        "AccruedCash": _ZERO,
        "AccruedDividend": _ZERO,
        "AvailableFunds": available,
        "Billable": _ZERO,
        "BuyingPower": figures.buying_power,
        "EquityWithLoanValue": figures.equity_with_loan,
        "ExcessLiquidity": excess,
        "FullAvailableFunds": available,
        "FullExcessLiquidity": excess,
        "FullInitMarginReq": initial,
        "FullMaintMarginReq": maintenance,
        "GrossPositionValue": figures.gross_position_value,
        "Guarantee": _ZERO,
        "IndianStockHaircut": _ZERO,
        "InitMarginReq": initial,
        "LookAheadAvailableFunds": available,
        "LookAheadExcessLiquidity": excess,
        "LookAheadInitMarginReq": initial,
        "LookAheadMaintMarginReq": maintenance,
        "MaintMarginReq": maintenance,
        "NLVAndMarginInReview": _ZERO,
        "NetLiquidation": figures.net_liquidation,
        "NetLiquidationUncertainty": _ZERO,
        "PASharesValue": _ZERO,
        "PhysicalCertificateValue": _ZERO,
        "PostExpirationExcess": _ZERO,
        "PostExpirationMargin": _ZERO,
        "PreviousDayEquityWithLoanValue": previous_equity,
        "RegTEquity": figures.equity_with_loan,
        "RegTMargin": initial,
        "SMA": available,
        "SettledCash": figures.cash,
        "TotalCashValue": figures.cash,
        "TotalDebitCardPendingCharges": _ZERO,
    }


_SEGMENTED = frozenset(
    {
        "AccruedCash",
        "AccruedDividend",
        "AvailableFunds",
        "Billable",
        "EquityWithLoanValue",
        "ExcessLiquidity",
        "FullAvailableFunds",
        "FullExcessLiquidity",
        "FullInitMarginReq",
        "FullMaintMarginReq",
        "GrossPositionValue",
        "Guarantee",
        "InitMarginReq",
        "LookAheadAvailableFunds",
        "LookAheadExcessLiquidity",
        "LookAheadInitMarginReq",
        "LookAheadMaintMarginReq",
        "MaintMarginReq",
        "NetLiquidation",
        "NetLiquidationUncertainty",
        "PreviousDayEquityWithLoanValue",
        "RegTEquity",
        "RegTMargin",
        "SMA",
        "TotalCashValue",
    }
)
"""Figures that are repeated for the securities segment, under the key with ``-S``."""


def ledger_rows(figures: AccountFigures) -> list[Row]:
    """Return the ledger: the account in its base currency, and in dollars, which are the same here."""
    amounts = {
        "CashBalance": figures.cash,
        "TotalCashBalance": figures.cash,
        "AccruedCash": _ZERO,
        "StockMarketValue": figures.stock_value,
        "OptionMarketValue": figures.option_value,
        "FutureOptionValue": _ZERO,
        "FuturesPNL": _ZERO,
        "NetLiquidationByCurrency": figures.net_liquidation,
        "UnrealizedPnL": figures.unrealized,
        "RealizedPnL": figures.realized,
        "FundValue": _ZERO,
        "NetDividend": _ZERO,
        "MutualFundValue": _ZERO,
        "MoneyMarketFundValue": _ZERO,
        "CorporateBondValue": _ZERO,
        "TBondValue": _ZERO,
        "TBillValue": _ZERO,
        "WarrantValue": _ZERO,
        "FxCashBalance": _ZERO,
        "IssuerOptionValue": _ZERO,
        "Cryptocurrency": _ZERO,
    }
    rows: list[Row] = []
    for currency in ("BASE", "USD"):
        rows.append(("Currency", currency, currency))
        rows += [(key, _usd(amount), currency) for key, amount in amounts.items()]
        rows += [("ExchangeRate", "1.00", currency), ("RealCurrency", currency, currency)]
    return rows


def account_rows(figures: AccountFigures, account: Account) -> list[Row]:
    """Return all rows that account updates show."""
    cushion = f"{figures.cushion:.6f}"
    account_type = "INDIVIDUAL"
    rows: list[Row] = [
        ("AccountCode", account.account_id, ""),
        ("AccountOrGroup", account.account_id, "BASE"),
        ("AccountOrGroup", account.account_id, "USD"),
        ("AccountReady", "true", ""),
        ("AccountType", account_type, ""),
        ("ColumnPrio-S", "1", ""),
        ("Cushion", cushion, ""),
        ("DayTradesRemaining", "-1", ""),
        *((f"DayTradesRemainingT+{day}", "-1", "") for day in range(1, 5)),
        ("HighestSeverity", "0", ""),
        ("LookAheadNextChange", "0", ""),
        ("SegmentTitle-S", "US Securities", ""),
        ("TradingType-S", "STKNOPT" if account.kind == "cash" else "STKMRGN", ""),
        ("WhatIfPMEnabled", "true", ""),
    ]
    for key, amount in _amounts(figures, account.base_equity).items():
        rows.append((key, _usd(amount), "USD"))
        if key in _SEGMENTED:
            rows.append((f"{key}-S", _usd(amount), "USD"))
    leverage = figures.gross_position_value / figures.net_liquidation if figures.net_liquidation > 0 else _ZERO
    rows += [("Leverage", f"{leverage:.2f}", ""), ("Leverage-S", f"{leverage:.2f}", "")]
    return rows + ledger_rows(figures)


def summary_rows(rows: list[Row], ledger: list[Row], tags: tuple[str, ...]) -> list[Row]:
    """Return the rows of the tags asked for; no tags are all.

    ``$LEDGER`` is the base ledger, ``$LEDGER:USD`` and ``$LEDGER:ALL`` others.
    """
    if not tags:
        return rows
    plain = [row for row in rows if row[0] in tags and row not in ledger]
    for tag in tags:
        name, _, currency = tag.partition(":")
        if name == "$LEDGER":
            plain += [row for row in ledger if currency == "ALL" or row[2] == (currency or "BASE")]
        elif not any(row[0] == tag for row in plain):
            plain += [row for row in ledger if row[0] == tag and row[2] == "USD"]
    return plain
