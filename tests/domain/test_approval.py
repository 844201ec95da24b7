"""The gate's seal: no value gets it but through the function that the gate calls."""

import dataclasses

import pytest

from alphatrader.domain.approval import RiskApproved, approve


def test_a_sealed_value_tells_what_was_checked() -> None:
    approved = approve("order", ("state", "funds"))
    assert (approved.value, approved.checks) == ("order", ("state", "funds"))


def test_a_seal_cannot_be_made_or_moved_to_another_value_by_hand() -> None:
    with pytest.raises(TypeError, match="outside the risk gate"):
        RiskApproved("order", ("state",), object())
    with pytest.raises(dataclasses.FrozenInstanceError):
        approve("order", ()).value = "another"  # type: ignore[misc]
