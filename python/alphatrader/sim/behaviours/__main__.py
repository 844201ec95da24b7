"""``python -m alphatrader.sim.behaviours``: write docs/simulator-behaviours.md; with ``--check``, only compare."""

import sys

from alphatrader.sim.behaviours.document import behaviour_document
from alphatrader.sim.generated_document import write_or_check

if __name__ == "__main__":
    sys.exit(write_or_check("simulator-behaviours.md", behaviour_document, sys.argv[1:]))
