"""``python -m alphatrader.sim.faults``: write docs/simulator-faults.md; with ``--check``, only compare."""

import sys

from alphatrader.sim.faults.document import fault_document
from alphatrader.sim.generated_document import write_or_check

if __name__ == "__main__":
    sys.exit(write_or_check("simulator-faults.md", fault_document, sys.argv[1:]))
