"""Compresses pages with gzip and leaves streamed files alone."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class PageCompressionMiddleware(GZipMiddleware):
    """Django's gzip middleware, with its random padding against BREACH, for responses that are not streamed.

    A streamed response is a file that passes through: its length and its ranges must stay as Codat sent them.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """The response, compressed where it is a whole page."""
        if response.streaming:
            return response
        return super().process_response(request, response)
