"""Signing in, second factors, sessions, and the accounts behind them."""
