"""The journal: what we meant and did, in SQLite. The authority after every restart.

``SqliteJournal`` writes (one process, one thread), ``JournalReader`` reads from anywhere, ``take_epoch`` is how a kill
switch takes the right to send orders away from a trader that may still be alive.
"""

from alphatrader.adapters.journal.epochs import take_epoch
from alphatrader.adapters.journal.journal import SqliteJournal
from alphatrader.adapters.journal.reader import Entry, JournalReader

__all__ = ["Entry", "JournalReader", "SqliteJournal", "take_epoch"]
