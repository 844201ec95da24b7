"""Effects on the bytes of a write. What is struck is drawn from the run's seeded randomness."""

import struct

from alphatrader.sim.faults import kinds
from alphatrader.sim.faults.effects.stage import Effects, Stage, client_of
from alphatrader.sim.faults.messages import payloads
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.wire.framing import frame

_LENGTH = struct.Struct(">I")


class WireEffects:
    """Carries out ``wire``."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.effects: Effects = {kinds.Wire: self._apply}

    def _apply(self, fault: kinds.Wire) -> None:
        rule = Writes(self._stage, fault) if fault.do in {"delay", "split", "cut"} else Frames(self._stage, fault)
        self._stage.board.wire.add(rule, for_s=fault.for_s, count=fault.count)


class Frames:
    """Strikes frames: lost, doubled, swapped with the next, with one byte changed or an absurd length."""

    def __init__(self, stage: Stage, fault: kinds.Wire) -> None:
        self._random = stage.random
        self._fault = fault

    def strike(self, session: Session, data: bytes) -> bytes | None:
        """Strike a share of the frames of a write; None if none was."""
        if self._fault.client_id not in {None, client_of(session)}:
            return None
        frames = [frame(payload) for payload in payloads(data)]
        struck = [number for number in range(len(frames)) if self._random.random() < self._fault.share]
        if not struck:
            return None
        if self._fault.count:
            struck = struck[:1]
        for number in struck:
            frames[number] = self._changed(frames, number)
        return b"".join(frames)

    def _changed(self, frames: list[bytes], number: int) -> bytes:
        one = frames[number]
        if self._fault.do == "drop":
            return b""
        if self._fault.do == "duplicate":
            return one + one
        if self._fault.do == "reorder":
            if number + 1 < len(frames):
                one, frames[number + 1] = frames[number + 1], one
            return one
        if self._fault.do == "length":
            return _LENGTH.pack(self._random.randrange(1 << 28, 1 << 31)) + one[_LENGTH.size :]
        place = self._random.randrange(_LENGTH.size, len(one))
        return one[:place] + bytes([self._random.randrange(33, 127)]) + one[place + 1 :]


class Writes:
    """Strikes whole writes: late in their order, in two pieces, or cut in the middle of the connection's last one."""

    def __init__(self, stage: Stage, fault: kinds.Wire) -> None:
        self._stage = stage
        self._fault = fault

    def strike(self, session: Session, data: bytes) -> bytes | None:
        """Strike a share of the writes."""
        fault = self._fault
        if fault.client_id not in {None, client_of(session)} or self._stage.random.random() >= fault.share:
            return None
        if fault.do == "cut":
            session.write(data[: max(1, len(data) - 3)])
            session.end()
            return b""
        if fault.do == "delay":
            self._stage.board.wire.put_off(session, data, fault.by_s)
            return b""
        half = len(data) // 2 + 1
        self._stage.board.wire.put_off(session, data[half:], fault.by_s)
        return data[:half]
