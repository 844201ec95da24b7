"""The gateway: client sessions over TCP, and the services that answer them."""
