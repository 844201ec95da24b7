"""What the supervisor tells the trader arrives as it was meant."""

from pathlib import Path

import pytest

from alphatrader.ops.run_options import TraderOptions, read_trader_options


@pytest.mark.parametrize(
    "told",
    [
        TraderOptions(home=Path("var/sim/x"), mode="paper"),
        TraderOptions(
            home=Path("/a home"), mode="live", config=Path("c.yaml"), duration_s=70.5, elapsed_s=3.2, days=2,
            halted="--it was killed; it's back", confirmed_account="U1", lifeline=9,
        ),
    ],
)  # fmt: skip
def test_the_command_line_says_the_same(told: TraderOptions) -> None:
    assert read_trader_options(told.to_arguments()) == told


@pytest.mark.parametrize(
    "arguments", [[], ["--home=x"], ["--home=x", "--mode=papr"], ["--home=x", "--mode=paper", "--halt=y"]]
)
def test_a_wrong_command_line_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_trader_options(arguments)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err
