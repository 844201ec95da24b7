"""How processes talk to one another: private sockets, one JSON object a line, and announcements of who runs where."""
