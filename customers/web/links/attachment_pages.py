"""The addresses of attachments."""

from customers.web.links.browsing_pages import customer
from customers.web.links.segments import url_segment


def attachments(company_id: str, customer_id: str) -> str:
    """A customer's attachments."""
    return f"{customer(company_id, customer_id)}attachments/"


def archive(company_id: str, customer_id: str) -> str:
    """All of a customer's attachments as one ZIP file. Not below the list, where any segment is an attachment's ID."""
    return f"{customer(company_id, customer_id)}attachments.zip"


def attachment(company_id: str, customer_id: str, attachment_id: str) -> str:
    """The page of one attachment."""
    return f"{attachments(company_id, customer_id)}{url_segment(attachment_id)}/"


def preview(company_id: str, customer_id: str, attachment_id: str) -> str:
    """An attachment's bytes for the preview; only file types that are safe to show."""
    return f"{attachments(company_id, customer_id)}{url_segment(attachment_id)}/preview/"


def download(company_id: str, customer_id: str, attachment_id: str) -> str:
    """An attachment's file."""
    return f"{attachments(company_id, customer_id)}{url_segment(attachment_id)}/download/"
