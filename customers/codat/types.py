"""Codat's JSON, under its own names. Source: its OpenAPI documents.

In practice any key may be missing, nearly any value may be null, and platforms add keys of their own:
read with ``.get()``. Dates are ISO 8601 text in UTC, with or without ``Z``.
"""

from __future__ import annotations

from typing import Any, TypedDict


class ValidationItem(TypedDict, total=False):
    """One finding about a write. ``itemId`` is the field's name in any spelling, upper or lower case."""

    itemId: str | None
    message: str | None
    validatorName: str | None


class Validation(TypedDict, total=False):
    """The findings about a write, or about a rejected request."""

    errors: list[ValidationItem] | None
    warnings: list[ValidationItem] | None


class Address(TypedDict, total=False):
    """``type`` is Unknown, Billing or Delivery."""

    type: str | None
    line1: str | None
    line2: str | None
    city: str | None
    region: str | None
    country: str | None
    postalCode: str | None


class Phone(TypedDict, total=False):
    """``type`` is Primary, Landline, Mobile, Fax or Unknown."""

    number: str | None
    type: str | None


class Contact(TypedDict, total=False):
    """A person at the customer. ``status`` as the customer's own."""

    name: str | None
    email: str | None
    phone: list[Phone] | None
    address: Address | None
    status: str | None
    modifiedDate: str | None


class Metadata(TypedDict, total=False):
    """``isDeleted``: the accounting software no longer has the record; often missing."""

    isDeleted: bool | None


class SupplementalData(TypedDict, total=False):
    """Additional data of the accounting software: an object of objects with any keys."""

    content: dict[str, dict[str, Any]] | None


class ListedCustomer(TypedDict, total=False):
    """What a list may show of one. ``status`` is Unknown, Active or Archived; ``defaultCurrency`` is ISO 4217."""

    id: str
    customerName: str | None
    contactName: str | None
    emailAddress: str | None
    defaultCurrency: str | None
    phone: str | None
    addresses: list[Address] | None
    registrationNumber: str | None
    taxNumber: str | None
    status: str | None
    metadata: Metadata | None
    modifiedDate: str | None
    sourceModifiedDate: str | None


class Customer(ListedCustomer, total=False):
    """One customer with all fields."""

    contacts: list[Contact] | None
    supplementalData: SupplementalData | None


class Link(TypedDict, total=False):
    """``href`` is a path at Codat, with its query."""

    href: str | None


class Links(TypedDict, total=False):
    """Links to the neighbouring pages."""

    self: Link | None
    current: Link | None
    next: Link | None
    previous: Link | None


class Page(TypedDict, total=False):
    """What all pages share. ``totalResults`` counts all records that match the query."""

    pageNumber: int
    pageSize: int
    totalResults: int
    _links: Links | None


class CustomersPage(Page, total=False):
    """A page of customers."""

    results: list[ListedCustomer]


class FoundContact(TypedDict, total=False):
    """What finding a customer needs of a contact."""

    name: str | None
    email: str | None
    phone: list[Phone] | None


class FoundCustomer(ListedCustomer, total=False):
    """What finding needs of a customer."""

    contacts: list[FoundContact] | None


class FoundCustomersPage(Page, total=False):
    """A page of customers, as far as finding needs them."""

    results: list[FoundCustomer]


class Attachment(TypedDict, total=False):
    """One file's metadata, from the accounting software. ``fileSize`` is in bytes."""

    id: str
    name: str | None
    contentType: str | None
    dateCreated: str | None
    fileSize: int | None
    includeWhenSent: bool | None
    modifiedDate: str | None
    sourceModifiedDate: str | None


class DataConnectionError(TypedDict, total=False):
    """An error between Codat and the accounting software."""

    statusCode: str | None
    statusText: str | None
    errorMessage: str | None
    erroredOnUtc: str | None
    status: str | None
    resolvedOnUtc: str | None


class Connection(TypedDict, total=False):
    """``status`` is PendingAuth, Linked, Unlinked or Deauthorized; ``sourceType`` e.g. Accounting."""

    id: str
    integrationId: str | None
    integrationKey: str | None
    sourceId: str | None
    sourceType: str | None
    platformName: str | None
    linkUrl: str | None
    status: str | None
    lastSync: str | None
    created: str | None
    dataConnectionErrors: list[DataConnectionError] | None
    connectionInfo: dict[str, str] | None


class Company(TypedDict, total=False):
    """One company, with its connections."""

    id: str
    name: str | None
    description: str | None
    redirect: str | None
    platform: str | None
    lastSync: str | None
    created: str | None
    createdByUserName: str | None
    dataConnections: list[Connection] | None
    tags: dict[str, str] | None
    ownerUserIds: list[str] | None
    referenceParentCompany: CompanyReference | None


class CompanyReference(TypedDict, total=False):
    """Another company, by its ID and name."""

    id: str | None
    name: str | None


class SupportedFeature(TypedDict, total=False):
    """``featureType`` is Get, Post, Put, ...; ``featureState`` Release, Alpha, Beta, Deprecated, NotSupported, ..."""

    featureType: str | None
    featureState: str | None


class DatatypeFeature(TypedDict, total=False):
    """What an integration supports of one data type."""

    datatype: str | None
    supportedFeatures: list[SupportedFeature] | None


class Integration(TypedDict, total=False):
    """One accounting software, or another source of data, as Codat connects it."""

    key: str | None
    name: str | None
    isOfflineConnector: bool | None
    datatypeFeatures: list[DatatypeFeature] | None


class CompaniesPage(Page, total=False):
    """A page of companies."""

    results: list[Company]


class RecordRef(TypedDict, total=False):
    """A record in the accounting software, once a write has succeeded."""

    id: str | None
    dataType: str | None


class PushChange(TypedDict, total=False):
    """``type`` is Unknown, Created, Modified, Deleted or AttachmentUploaded."""

    type: str | None
    recordRef: RecordRef | None
    attachmentId: str | None


class PushOperation(TypedDict, total=False):
    """One push operation. ``status`` is Pending, Success, Failed or TimedOut."""

    pushOperationKey: str
    companyId: str
    dataConnectionKey: str
    dataType: str | None
    status: str
    statusCode: int | None
    requestedOnUtc: str | None
    completedOnUtc: str | None
    timeoutInMinutes: int | None
    timeoutInSeconds: int | None
    errorMessage: str | None
    validation: Validation | None
    changes: list[PushChange] | None


class PushOperationsPage(Page, total=False):
    """A page of push operations."""

    results: list[PushOperation]


class PullOperation(TypedDict, total=False):
    """One pull operation. ``progress`` is in percent."""

    id: str
    companyId: str
    connectionId: str
    dataType: str | None
    status: str
    statusDescription: str | None
    errorMessage: str | None
    requested: str | None
    completed: str | None
    progress: int | None
    isCompleted: bool | None
    isErrored: bool | None


class DataStatus(TypedDict, total=False):
    """When Codat's copy of one data type was last synced."""

    dataType: str | None
    lastSuccessfulSync: str | None
    currentStatus: str | None
    latestSyncId: str | None
    latestSuccessfulSyncId: str | None
