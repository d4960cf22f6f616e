"""Servers on real sockets that tests start."""
