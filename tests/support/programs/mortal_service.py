"""A service whose process dies at a call that sends a change."""

from collections.abc import Callable
from typing import Any

from customers.codat.client import default_client
from customers.codat.types import PushOperation
from customers.service import CustomerService


class Killed(BaseException):
    """The process is killed: no handler of the product catches it."""


class MortalService(CustomerService):
    """A service whose process is killed before, or after, one of its writes."""

    def __init__(self, calls_before: int, *, is_answered: bool) -> None:
        super().__init__(default_client())
        self.calls_before, self.is_answered = calls_before, is_answered

    def update(self, **arguments: Any) -> PushOperation:
        return self._sent(super().update, arguments)

    def create(self, **arguments: Any) -> PushOperation:
        return self._sent(super().create, arguments)

    def _sent(self, call: Callable[..., PushOperation], arguments: dict[str, Any]) -> PushOperation:
        self.calls_before -= 1
        if self.calls_before < 0 and not self.is_answered:
            raise Killed
        operation = call(**arguments)
        if self.calls_before < 0:
            raise Killed
        return operation
