"""What a person can paste, in a browser whose pages may not read the clipboard themselves."""

from playwright.sync_api import Page


def pasted(page: Page) -> str:
    """The text that Ctrl+V puts into a field."""
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('textarea'), { id: 'pasted' }))"
    )
    field = page.locator("#pasted")
    field.press("Control+v")
    text = field.input_value()
    field.evaluate("field => field.remove()")
    return text
