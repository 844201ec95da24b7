"""``alphatrader sim``: the simulated market and gateway as a process of its own."""

import typer


def sim(context: typer.Context) -> None:
    """Serve a SIMULATED market over the TWS protocol and Alpha Vantage's HTTP schema, until stopped."""
    from alphatrader.commands.sim_server import sim_command  # noqa: PLC0415 - other commands must not load the simulator

    sim_command(context.args)
