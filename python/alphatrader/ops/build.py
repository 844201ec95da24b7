"""Which build this is: version and a hash over every source and the compiled core, for journal and dashboard."""

import hashlib
from functools import cache
from pathlib import Path

import alphatrader


@cache
def build_hash() -> str:
    """``<version>+<12 hex>``: two machines that show the same run the same code."""
    root = Path(alphatrader.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in {".py", ".so", ".pyd"}):
        digest.update(str(path.relative_to(root)).encode())
        digest.update(path.read_bytes())
    return f"{alphatrader.__version__}+{digest.hexdigest()[:12]}"
