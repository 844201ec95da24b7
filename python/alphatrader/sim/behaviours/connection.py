"""Connection: handshake, client ids, outages, pacing."""

from alphatrader.sim.behaviours.model import Behaviour, Evidence

TABLE = (
    Behaviour(
        "lowest_common_version",
        Evidence.PROVEN,
        "The version announced is at most the client's maximum and 176; 157 for ibapi 9.81",
    ),
    Behaviour(
        "silence_before_start_api",
        Evidence.SOURCE,
        "Nothing is sent between the version and START_API: the official client throws it away",
    ),
    Behaviour("ready_messages", Evidence.LIVE, "START_API is answered by 15, 9, and then 2104, 2106, 2158"),
    Behaviour("next_id_per_client", Evidence.LIVE, "nextValidId is each client's own"),
    Behaviour("client_id_in_use", Evidence.DOCUMENTED, "A client id in use is 326, then a disconnect"),
    Behaviour("max_clients", Evidence.DOCUMENTED, "Clients at once; one more is refused", (32,)),
    Behaviour("pacing_messages_per_s", Evidence.DOCUMENTED, "More messages than this a second are error 100", (50,)),
    Behaviour("pacing_disconnects", Evidence.ISSUE, "The third error 100 ends the connection", (True, False)),
    Behaviour(
        "paced_by_server",
        Evidence.DOCUMENTED,
        "With the connect option +PACEAPI requests over the rate wait, instead of error 100",
    ),
    Behaviour(
        "malformed_request_disconnects",
        Evidence.MEMORY,
        "A request that cannot be read is error 320 and ends the connection",
        (True, False),
    ),
    Behaviour(
        "read_only_refuses_lists",
        Evidence.ISSUE,
        "With the read-only setting, open and completed orders are refused (321) as orders are",
    ),
    Behaviour("ascii_escapes", Evidence.SOURCE, "Text outside ASCII leaves as \\uXXXX from version 153 on"),
    Behaviour("one_write_a_batch", Evidence.SOURCE, "What belongs together leaves in one write"),
)
