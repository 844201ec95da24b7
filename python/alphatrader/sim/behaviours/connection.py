"""Connection: handshake, client ids, outages, pacing."""

from alphatrader.sim.behaviours.model import Behaviour, Evidence

TABLE = (
    Behaviour("pacing_messages_per_s", Evidence.DOCUMENTED, "More messages than this a second are error 100", (50,)),
)
