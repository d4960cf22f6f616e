"""The pictures of the home page, drawn by pygal as SVG without text, style and scripts.

The style sheet colours them by their classes, for both schemes; names and numbers stand beside them, and in a table.
pygal is imported with the first picture: it looks for plug-ins among all installed packages.
"""

import functools
from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element, tostring

from django.utils.safestring import SafeString

# What pygal draws beside the bars: its styles and scripts, and layers for labels and tooltips.
_LEFT_OUT = ("defs", "title", "desc", "text")
_LEFT_OUT_CLASSES = ("axis", "titles", "overlay", "text-overlay", "tooltip-overlay", "background")
_NAMESPACE = "{http://www.w3.org/2000/svg}"


@functools.lru_cache(maxsize=64)
def stacked_bars(name: str, columns: tuple[tuple[int, ...], ...]) -> SafeString:
    """Bars side by side, each of the numbers of one column from the bottom up.

    `name` says what the picture shows. The parts have the classes `color-0`, `color-1` and so on.
    """
    import pygal

    return _draw(pygal.StackedBar, name, columns, width=280, height=96)


@functools.lru_cache(maxsize=64)
def lying_bars(name: str, rows: tuple[tuple[int, ...], ...]) -> SafeString:
    """Bars one below the other, the first one on top; their parts as above."""
    import pygal

    return _draw(pygal.HorizontalStackedBar, name, rows[::-1], width=200, height=28 * len(rows))


def _draw(kind: Any, name: str, bars: Sequence[Sequence[int]], **size: int) -> SafeString:
    chart = kind(
        js=(),
        css=(),
        margin=0,
        spacing=0,
        show_legend=False,
        show_x_labels=False,
        show_y_labels=False,
        explicit_size=True,
        min_scale=1,
        **size,
    )
    chart.x_labels = [str(index) for index in range(len(bars))]
    for part in range(len(bars[0]) if bars else 0):
        chart.add(str(part), [bar[part] for bar in bars])
    picture = chart.render_tree()
    _clean(picture)
    for attribute in ("id", "xmlns"):
        picture.attrib.pop(attribute, None)
    shape = {"class": "chart", "role": "img", "aria-label": name, "preserveAspectRatio": "none"}
    picture.attrib |= shape
    return SafeString(tostring(picture, encoding="unicode"))


def _clean(element: Element) -> None:
    """Leave the bars alone: their places, sizes and classes."""
    for child in list(element):
        # A comment has a function in place of a tag.
        tag = child.tag.removeprefix(_NAMESPACE) if isinstance(child.tag, str) else "defs"
        classes = child.get("class", "").split()
        is_left_out = tag in _LEFT_OUT or any(name in classes for name in _LEFT_OUT_CLASSES)
        if is_left_out or (tag == "rect" and not _is_seen(child)):
            element.remove(child)
            continue
        child.attrib.pop("style", None)
        # Other classes of pygal's have a meaning here, too.
        child.attrib.pop("class", None)
        if colours := [name for name in classes if name.startswith("color-")]:
            child.set("class", colours[0])
        if tag == "rect":
            sizes = {name: f"{_size(child, name):.1f}" for name in ("x", "y", "width", "height")}
            child.attrib.clear()
            child.attrib |= sizes
        _clean(child)


def _is_seen(bar: Element) -> bool:
    return _size(bar, "width") > 0 and _size(bar, "height") > 0


def _size(bar: Element, attribute: str) -> float:
    return float(bar.get(attribute) or 0)
