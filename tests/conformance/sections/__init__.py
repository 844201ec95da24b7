"""The steps, a file a section. The order here is the order of the matrix."""

from importlib import import_module

SECTIONS = ("connection",)


def load_steps() -> None:
    """Put all steps into the table."""
    for section in SECTIONS:
        import_module(f"{__name__}.{section}")
