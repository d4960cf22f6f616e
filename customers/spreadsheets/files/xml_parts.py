"""XML of strangers, in pieces and with flat memory: no document types and so no entities, bounded depth and elements.

`stream` has the elements of a large part made in C, and gives each one away when it is complete. `visit` is for the
small parts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from xml.etree.ElementTree import (
    Element,
    ParseError,
    TreeBuilder,
    XMLParser,
)
from xml.parsers import expat

from customers.spreadsheets.files.limits import (
    DAMAGED,
    MAX_DEPTH,
    MAX_ELEMENT_BYTES,
    Unreadable,
)

_STRANGE = "The workbook is built in a way that no spreadsheet program does."

# The last two are for encodings that the parser does not know.
_ERRORS = (ParseError, expat.ExpatError, LookupError, ValueError)

See = Callable[[str, str, dict[str, str]], None]


def stream(
    pieces: Iterable[bytes], containers: Collection[str], *, is_whole: bool = True
) -> Iterator[Element]:
    """The elements of a part in its order, each when it is complete; tags are `{namespace}name`.

    An element whose tag is one of `containers` comes when it opens, and after it its children. `is_whole` is False for
    the beginning of a part: then it ends without an error.
    """
    builder = TreeBuilder()
    # An element around the root, through which the tree can be seen while it grows.
    path = [builder.start("around", {})]
    parser = XMLParser(target=builder)  # noqa: S314 (document types are refused before)
    held = 0
    try:
        for piece in _without_document_type(pieces):
            parser.feed(piece)
            held += len(piece)
            for element in _taken(path, 0, containers, is_complete=False):
                held = 0
                yield element
            # Also bounds how often an older expat reads the beginning of an unfinished tag again.
            if held > MAX_ELEMENT_BYTES or _depth(path[-1]) > MAX_DEPTH:
                raise Unreadable(_STRANGE)
        parser.close()
    except _ERRORS as error:
        if is_whole:
            raise Unreadable(DAMAGED) from error
        return
    yield from _taken(path, 0, containers, is_complete=True)


def _taken(
    path: list[Element], level: int, containers: Collection[str], *, is_complete: bool
) -> Iterator[Element]:
    """Take the complete children out of an element. `path` has the containers that are open, from the outermost."""
    node = path[level]
    children = list(node)
    for index, child in enumerate(children):
        child_is_complete = is_complete or index < len(children) - 1
        if child.tag in containers:
            if len(path) == level + 1:
                if level > MAX_DEPTH:
                    raise Unreadable(_STRANGE)
                path.append(child)
                yield child
            yield from _taken(path, level + 1, containers, is_complete=child_is_complete)
            if child_is_complete:
                path.pop()
        elif child_is_complete:
            yield child
    del node[: len(children) if is_complete else len(children) - 1]


def _depth(node: Element) -> int:
    """How many elements are open inside one."""
    depth = 0
    while len(node):
        node = node[-1]
        depth += 1
    return depth


def _without_document_type(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of a part. `Unreadable` for a document type: it would stand before the first element."""
    parser = expat.ParserCreate()
    begun: list[str] = []
    parser.StartElementHandler = lambda name, _attributes: begun.append(name)
    parser.StartDoctypeDeclHandler = _refuse
    rest = iter(pieces)
    size = 0
    try:
        for piece in rest:
            parser.Parse(piece)
            yield piece
            size += len(piece)
            if begun:
                break
            if size > MAX_ELEMENT_BYTES:
                raise Unreadable(_STRANGE)
    except _ERRORS as error:
        if not begun:
            raise Unreadable(DAMAGED) from error
        yield piece
    yield from rest


def visit(pieces: Iterable[bytes], see: See) -> None:
    """Call `see(parent, name, attributes)` for each element of a small part; names are without their namespace."""
    parser = expat.ParserCreate(namespace_separator=" ")
    names = [""]

    def start(name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        see(names[-1], local, attributes)
        names.append(local)
        if len(names) > MAX_DEPTH:
            raise Unreadable(_STRANGE)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: names.pop()
    parser.StartDoctypeDeclHandler = _refuse
    try:
        for piece in pieces:
            parser.Parse(piece)
        parser.Parse(b"", True)  # noqa: FBT003 (it has no name)
    except _ERRORS as error:
        raise Unreadable(DAMAGED) from error


def _refuse(*_arguments: object) -> None:
    raise Unreadable("The workbook contains a document type, which no spreadsheet program writes.")
