"""The steps, a file a section. The order here is the order of the matrix."""

from importlib import import_module

SECTIONS = (
    "connection",
    "contracts",
    "market_data",
    "history",
    "orders",
    "order_kinds",
    "families",
    "account",
    "data_errors",
    "errors",
    "sequences",
    "outages",
)


def load_steps() -> None:
    """Put all steps into the table."""
    for section in SECTIONS:
        import_module(f"{__name__}.{section}")
