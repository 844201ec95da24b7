"""What the account is worth, in the names of the TWS API."""

from decimal import Decimal

from alphatrader.sim.exchange.valuation import AccountFigures

_CENT = Decimal("0.01")
_ZERO = Decimal(0)

Row = tuple[str, str, str]
"""Key, value, currency."""


def value_rows(figures: AccountFigures, account_id: str) -> list[Row]:
    """Return the rows of an account update: facts, then amounts in dollars.

    The look-ahead figures are the present ones: no margin change is scheduled here. Of the segments, securities is all.
    """
    return [
        ("AccountCode", account_id, ""),
        ("AccountOrGroup", account_id, "USD"),
        ("AccountReady", "true", ""),
        ("AccountType", "INDIVIDUAL", ""),
        ("Currency", "USD", "USD"),
        ("RealCurrency", "USD", "USD"),
        ("ExchangeRate", "1.00", "USD"),
        ("TradingType-S", "STKMRGN" if figures.kind == "margin" else "STKCASH", ""),
        ("Cushion", f"{figures.cushion:.6f}", ""),
        ("LookAheadNextChange", "0", ""),
        ("DayTradesRemaining", "-1", ""),
        ("Leverage-S", f"{_leverage(figures):.2f}", ""),
        *((key, f"{amount.quantize(_CENT):f}", "USD") for key, amount in _amounts(figures).items()),
    ]


def _amounts(figures: AccountFigures) -> dict[str, Decimal]:
    margins = {
        "AvailableFunds": figures.available_funds,
        "ExcessLiquidity": figures.excess_liquidity,
        "InitMarginReq": figures.initial_margin,
        "MaintMarginReq": figures.maintenance_margin,
    }
    return {
        "NetLiquidation": figures.net_liquidation,
        "NetLiquidationByCurrency": figures.net_liquidation,
        "EquityWithLoanValue": figures.equity_with_loan,
        "TotalCashValue": figures.cash,
        "TotalCashBalance": figures.cash,
        "CashBalance": figures.cash,
        "SettledCash": figures.cash,
        "AccruedCash": _ZERO,
        "AccruedDividend": _ZERO,
        "BuyingPower": figures.buying_power,
        "GrossPositionValue": figures.gross_position_value,
        "StockMarketValue": figures.stock_value,
        "OptionMarketValue": figures.option_value,
        "RegTEquity": figures.equity_with_loan,
        "RegTMargin": figures.initial_margin,
        "SMA": max(_ZERO, figures.available_funds),
        **margins,
        **{f"Full{key}": amount for key, amount in margins.items()},
        **{f"LookAhead{key}": amount for key, amount in margins.items()},
        "UnrealizedPnL": figures.unrealized,
        "RealizedPnL": figures.realized,
    }


def _leverage(figures: AccountFigures) -> Decimal:
    return figures.gross_position_value / figures.net_liquidation if figures.net_liquidation > 0 else _ZERO
