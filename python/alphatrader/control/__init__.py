"""How processes talk to one another: private sockets, and one JSON object a line."""
