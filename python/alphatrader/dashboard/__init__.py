"""The operator's page: a process of its own that reads Redis and passes commands to the trader's control socket."""
