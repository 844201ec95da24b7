"""Errors out of groups: tasks that run together fail together, and people are told one line."""

from collections.abc import Iterator

from alphatrader.domain.errors import AlphaTraderError, FencedError


def leaves(group: BaseException) -> Iterator[BaseException]:
    """Yield the errors of a group, and of the groups in it, in order."""
    if isinstance(group, BaseExceptionGroup):
        for error in group.exceptions:
            yield from leaves(error)
    else:
        yield group


def first_known(group: BaseException) -> AlphaTraderError | None:
    """Return the error of ours that ended everything, None where another one is among them: that one is a defect.

    A fenced writer comes before anything that followed from it.
    """
    found = list(leaves(group))
    known = [error for error in found if isinstance(error, AlphaTraderError)]
    if not known or len(known) < len(found):
        return None
    return next((error for error in known if isinstance(error, FencedError)), known[0])
