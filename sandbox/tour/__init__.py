"""The page *Try it* at the sandbox's own address: what can happen at Codat, one button for each."""

from .page import respond

__all__ = ["respond"]
