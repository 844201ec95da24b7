"""The subcommands of ``alphatrader``: signatures and text. Each imports what it needs when it runs, so help is fast."""
