"""The demands on the paths, in the order of the table; bounds and rivals stand in the benchmarks themselves.

A path is the kernels whose name matches its pattern. A path without a contest shows as such in the table.
"""

PATHS: tuple[tuple[str, str], ...] = (
    ("book call", r"^book, (one )?call"),
    ("book batch with a BBO column", r"^book, batch"),
    ("broker rows, batch", r"broker rows"),
    ("VPIN exact", r"^vpin"),
    ("OCC symbols", r"^occ"),
    ("GEX by strike", r"\bgex\b|exposure"),
    ("engine with a Python strategy", r"^engine"),
    ("TWS decode", r"^tws"),
    ("pipelined Redis writes", r"^redis"),
    ("WebSocket fan-out", r"^websocket"),
)
