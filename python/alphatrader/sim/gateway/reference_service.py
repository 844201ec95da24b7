"""Small questions beside market and account, and refusals of what is not simulated: nothing is left unanswered."""

from alphatrader.sim.gateway.session import SERVER_SIDE, Session
from alphatrader.sim.gateway.venues import components
from alphatrader.sim.wire.errors import invalid
from alphatrader.sim.wire.fields import message
from alphatrader.sim.wire.reference_requests import GroupRequest, SmartComponentsRequest, Unserved
from alphatrader.sim.wire.requests import Numbered, Plain

DISPLAY_GROUPS = "1|2|3|4|5|6|7"
_NO_VERIFICATION = "Intent to authenticate needs to be expressed during initial connect request."

REFUSALS: dict[int, tuple[int, str]] = {
    18: (321, invalid("FA data operations ignored for non FA customers.")),
    19: (321, invalid("FA data operations ignored for non FA customers.")),
    52: (430, "We are sorry, but fundamentals data for the security specified is not available.Not allowed"),
    84: (10172, "Failed to request news article:No data available"),
    86: (10276, "News feed is not allowed."),
    100: (10279, "Failed request WSH metadata:no subscription"),
    102: (10282, "WSH metadata not requested"),
}
"""Code and text by message id of what a login without news, fundamentals, calendars and sub-accounts is told."""


class ReferenceService:
    """Answers what needs neither the market nor the account's figures."""

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self._groups: dict[tuple[Session, int], int] = {}

    def refuse(self, session: Session, request: Unserved) -> None:
        """Say why a request is not served."""
        if request.message_id in {65, 66}:
            session.send(message(66, 1, 0, _NO_VERIFICATION))
        elif request.message_id in {72, 73}:
            session.send(message(70, 1, 0, _NO_VERIFICATION))
        else:
            session.error(request.req_id, *REFUSALS[request.message_id])

    def user_info(self, session: Session, request: Numbered) -> None:
        """107: the white-branding id, which a plain login has not."""
        session.send(message(107, request.number, ""))

    def soft_dollar_tiers(self, session: Session, request: Numbered) -> None:
        """77: none."""
        session.send(message(77, request.number, 0))

    def family_codes(self, session: Session, _: Plain) -> None:
        """78: the account belongs to no family."""
        session.send(message(78, 1, self._account_id, ""))

    def news_providers(self, session: Session, _: Plain) -> None:
        """85: none is subscribed to."""
        session.send(message(85, 0))

    def smart_components(self, session: Session, request: SmartComponentsRequest) -> None:
        """82: exchanges by bit and letter."""
        found = components(request.bbo_exchange)
        if not found:
            session.error(request.req_id, 321, invalid(f"Invalid bbo exchange {request.bbo_exchange}"))
            return
        rows = [value for bit, venue in enumerate(found) for value in (bit, venue.name, venue.letter)]
        session.send(message(82, request.req_id, len(found), *rows))

    # -------------------------------------------------------------------------------------------------- display groups

    def list_groups(self, session: Session, request: Numbered) -> None:
        """67: the groups that can be joined."""
        session.send(message(67, 1, request.number, DISPLAY_GROUPS))

    def group(self, session: Session, request: GroupRequest) -> None:
        """Join a group, or show a contract to all who joined the same."""
        key = session, request.req_id
        if request.message_id == 68:
            if str(request.group) not in DISPLAY_GROUPS.split("|"):
                session.error(request.req_id, 321, invalid(f"Invalid display group {request.group}"))
                return
            self._groups[key] = request.group
            session.send(message(68, 1, request.req_id, "none"))
            return
        joined = self._groups.get(key)
        if joined is None:
            session.error(request.req_id, 321, invalid("Not subscribed to a display group"))
            return
        for (other, req_id), group in self._groups.items():
            if group == joined:
                other.send(message(68, 1, req_id, request.info))

    def leave_group(self, session: Session, request: Numbered) -> None:
        """Leave a group."""
        if self._groups.pop((session, request.number), None) is None:
            session.error(request.number, 321, invalid("Not subscribed to a display group"))

    def forget(self, session: Session) -> None:
        """Leave all groups."""
        for key in [key for key in self._groups if key[0] is session]:
            del self._groups[key]

    # ------------------------------------------------------------------------------------------------------- switches

    def set_log_level(self, session: Session, request: Numbered) -> None:
        """Take a log level of 1 to 5; it has no effect here."""
        if not 1 <= request.number <= 5:
            session.error(SERVER_SIDE, 321, invalid(f"Invalid log level {request.number}"))
