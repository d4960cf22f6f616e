"""XML of strangers, in pieces: no document types and so no entities, bounded depth, elements and tags.

expat calls Python for each element. That costs about a microsecond and keeps memory flat, whatever the file says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol
from xml.parsers import expat

from customers.spreadsheets.files.limits import (
    DAMAGED,
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_TAG_BYTES,
    Unreadable,
)


class Handler(Protocol):
    """What is told of each element. Names are `namespace name`; attributes without a namespace have their name only."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...
    def end(self, name: str) -> None: ...
    def text(self, data: str) -> None: ...


class Nesting:
    """Counts elements and how deep they are in each other. A handler calls it for each element."""

    __slots__ = ("depth", "elements")

    def __init__(self) -> None:
        self.depth = self.elements = 0

    def enter(self) -> None:
        """An element starts."""
        self.depth += 1
        self.elements += 1
        if self.depth > MAX_DEPTH or self.elements > MAX_ELEMENTS:
            raise Unreadable("The workbook is built in a way that no spreadsheet program does.")

    def leave(self) -> None:
        """An element ends."""
        self.depth -= 1


def parse(pieces: Iterable[bytes], handler: Handler) -> Iterator[None]:
    """Parse XML piece by piece, yielding after each: the handler has been told all that the pieces so far have."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = _refuse
    fed = 0
    try:
        for piece in pieces:
            parser.Parse(piece)
            fed += len(piece)
            # Older versions of expat read an unfinished tag again with each piece.
            if fed - parser.CurrentByteIndex > MAX_TAG_BYTES:
                raise Unreadable(DAMAGED)
            yield
        parser.Parse(b"", True)  # noqa: FBT003 - it has no name
        yield
    except expat.ExpatError as error:
        raise Unreadable(DAMAGED) from error


def visit(pieces: Iterable[bytes], see: Callable[[str, str, dict[str, str]], None]) -> None:
    """Call `see(parent, name, attributes)` for each element of a small part; names are without their namespace."""
    for _ in parse(pieces, _Visitor(see)):
        pass


class _Visitor:
    """Keeps the names of the elements that are open."""

    def __init__(self, see: Callable[[str, str, dict[str, str]], None]) -> None:
        self._see, self._nesting = see, Nesting()
        self._open = [""]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._nesting.enter()
        local = name.rpartition(" ")[2]
        self._see(self._open[-1], local, attributes)
        self._open.append(local)

    def end(self, name: str) -> None:
        self._nesting.leave()
        self._open.pop()

    def text(self, data: str) -> None:
        """Texts of small parts are not needed."""


def _refuse(*_arguments: object) -> None:
    raise Unreadable("The workbook contains a document type, which no spreadsheet program writes.")
