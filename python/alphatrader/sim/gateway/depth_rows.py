"""From two states of a book to row operations: what depth subscribers are sent."""

from typing import NamedTuple

Row = tuple[str, float, float]
"""Market maker, price, size."""

INSERT, UPDATE, DELETE = 0, 1, 2
ASK_SIDE, BID_SIDE = 0, 1


class RowOperation(NamedTuple):
    """One step: applied in order to the old rows, the steps yield the new ones. A book never exceeds its rows."""

    operation: int
    position: int
    row: Row


def row_operations(old: list[Row], new: list[Row]) -> list[RowOperation]:
    """Turn ``old`` into ``new``. A row is the same row as long as market maker and price stay."""
    steps: list[RowOperation] = []
    rows = list(old)
    wanted = {(maker, price) for maker, price, _ in new}
    gone = [position for position, row in enumerate(rows) if row[:2] not in wanted]
    steps += [RowOperation(DELETE, position, rows.pop(position)) for position in reversed(gone)]
    for position, row in enumerate(new):
        if position < len(rows) and rows[position][:2] == row[:2]:
            if rows[position][2] != row[2]:
                rows[position] = row
                steps.append(RowOperation(UPDATE, position, row))
            continue
        # The row moved within its price, or is new: take it out further down, put it in here.
        for later in range(position + 1, len(rows)):
            if rows[later][:2] == row[:2]:
                steps.append(RowOperation(DELETE, later, rows.pop(later)))
                break
        rows.insert(position, row)
        steps.append(RowOperation(INSERT, position, row))
    surplus = range(len(rows) - 1, len(new) - 1, -1)
    return steps + [RowOperation(DELETE, position, rows[position]) for position in surplus]
