"""How each kind of data is read from JSON: decoded, then validated; from a response and from the cache alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from customers.codat import decoding
from customers.codat.errors import UnusableModel
from customers.codat.http.responses import JsonResponse
from customers.codat.reading import validation
from customers.codat.types import CustomersPage


@dataclass(frozen=True, slots=True)
class Shape:
    """How one kind of data is decoded (ValueError), then validated (InvalidResponse)."""

    decode: decoding.Decode
    validate: Callable[[JsonResponse], dict[str, Any]]


COMPANY = Shape(decoding.decode, validation.company)
INTEGRATION = Shape(decoding.decode, validation.an_object)
CUSTOMER = Shape(decoding.decode_exactly, validation.record)

_decode_customers = decoding.decoder_for(CustomersPage)


def model(check: Callable[[dict[str, Any]], object] | None) -> Shape:
    """The shape of a create/update model that passes a check, which raises ValueError with a sentence."""

    def validate(response: JsonResponse) -> dict[str, Any]:
        data = validation.an_object(response)
        try:
            if check is not None:
                check(data)
        except ValueError as error:
            raise UnusableModel(f"{response.label}: no model", sentence=str(error)) from None
        return data

    return Shape(decoding.decode_exactly, validate)


def page(page_size: int) -> Shape:
    """The shape of a page of so many records."""
    return _page(decoding.decode, page_size)


def customers_page(page_size: int) -> Shape:
    """The shape of a page of so many customers, decoded as far as a list shows them."""
    return _page(_decode_customers, page_size)


def _page(decode: decoding.Decode, page_size: int) -> Shape:
    return Shape(
        decoding.page_decoder(decode, page_size),
        lambda response: validation.results(response, page_size),
    )
