"""Confirming an accepted write: one sync of its company, and the customer read back and compared."""
