"""The routes of the API: from the segments of a path to a response."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from . import files, refreshes, writes
from .data import dates
from .data.companies import PLANS
from .errors import ApiError
from .paging import DATA_LIMIT, PLATFORM_LIMIT, page, select
from .query import COMPANY_FIELDS, CUSTOMER_FIELDS, PULL_FIELDS, PUSH_FIELDS
from .server import Request, Response, Stream
from .world import Company, World

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def json_response(body: Any, status: int = 200) -> Response:
    """A JSON response."""
    return Response(status, msgspec.json.encode(body))


def route(world: World, request: Request) -> Response:
    """The response to an authorised request. Raises ApiError."""
    parts = request.segments
    if parts[:1] == ["integrations"]:
        _only(request, "GET")
        return _integrations(request, parts[1:])
    if parts[:1] != ["companies"]:
        raise ApiError(404, "Resource not found.")
    if len(parts) == 1:
        _only(request, "GET")
        return json_response(_companies(world, request))
    company = world.company(parts[1])
    if len(parts) == 2:
        _only(request, "GET")
        return json_response(company_json(world, company))
    name, rest = parts[2], parts[3:]
    family = _FAMILIES.get(name)
    if family is None:
        raise ApiError(404, "Resource not found.")
    return family(world, company, rest, request)


def _integrations(request: Request, rest: list[str]) -> Response:
    links = [link.integration for plan in PLANS for link in plan.links]
    by_key = {integration.key: integration for integration in links}
    match rest:
        case []:
            rows = [integration.features() for integration in by_key.values()]
            return json_response(page(rows, request.query, request.path, PLATFORM_LIMIT))
        case [key] if key in by_key:
            return json_response(by_key[key].features())
    raise ApiError(404, "Integration not found.")


def _only(request: Request, *methods: str) -> None:
    if request.method not in methods:
        raise ApiError(405, "Method not allowed.", headers={"Allow": ", ".join(methods)})


def _companies(world: World, request: Request) -> dict[str, Any]:
    rows = [company_json(world, company) for company in world.companies()]
    selected = select(
        rows, request.query, COMPANY_FIELDS, case_sensitive=world.settings.case_sensitive
    )
    return page(selected, request.query, request.path, PLATFORM_LIMIT)


def company_json(world: World, company: Company) -> dict[str, Any]:
    """A company with its connections."""
    plan = company.plan
    body: dict[str, Any] = {
        "id": plan.id,
        "name": plan.name,
        "description": "",
        "platform": company.accounting.name if company.accounting else "",
        "redirect": f"https://link.codat.io/company/{plan.id}",
        "dataConnections": _connections(world, company),
        "created": dates.stamp(plan.created + world.settings.shift),
        "createdByUserName": "Mira Holt",
        "products": ["expenses-v1"],
        "tags": dict(plan.tags),
        "referenceSubsidiaryCompanies": [],
    }
    if company.last_sync:
        body["lastSync"] = company.last_sync
    return body


def _connections(world: World, company: Company) -> list[dict[str, Any]]:
    connections = []
    for index, link in enumerate(company.plan.links):
        key = company.plan.connection_id(index)
        connection: dict[str, Any] = {
            "id": key,
            "integrationId": "1c312d69-e638-46d4-ad31-72e6c3ba8390",
            "integrationKey": link.integration.key,
            "sourceId": "396c3158-5dd7-481b-a7c4-a795ca31792b",
            "platformName": link.integration.name,
            "linkUrl": f"{world.base_url}/link/{company.plan.id}/{key}",
            "status": link.status,
            "created": dates.stamp(company.plan.created + world.settings.shift),
            "sourceType": link.integration.source_type,
            "dataConnectionErrors": [],
        }
        if company.last_sync:
            connection["lastSync"] = company.last_sync
        if link.status == "Deauthorized":
            connection["dataConnectionErrors"] = [
                {
                    "statusCode": "401",
                    "statusText": "Unauthorized",
                    "errorMessage": f"{link.integration.name} no longer accepts the authorisation.",
                    "erroredOnUtc": dates.moved(
                        "2025-02-13T21:00:12.4170000Z", world.settings.shift
                    ),
                    "status": "Active",
                }
            ]
        connections.append(connection)
    return connections


def _connection_family(
    world: World, company: Company, rest: list[str], request: Request
) -> Response:
    match rest:
        case []:
            _only(request, "GET")
            rows = _connections(world, company)
            return json_response(page(rows, request.query, request.path, PLATFORM_LIMIT))
        case [connection_id]:
            _only(request, "GET")
            company.connection(connection_id)
            rows = [row for row in _connections(world, company) if row["id"] == connection_id]
            return json_response(rows[0])
        case [connection_id, "options", "customers"]:
            _only(request, "GET")
            model = company.connection(connection_id).integration.model
            if model is None:
                raise ApiError(404, "Datatype customers not supported by platform(s)")
            return json_response(model.json)
        case [connection_id, "push", "customers"]:
            _only(request, "POST")
            return _push(world, company, connection_id, None, request)
        case [connection_id, "push", "customers", customer_id]:
            _only(request, "PUT")
            return _push(world, company, connection_id, customer_id, request)
        case [connection_id, "data", "customers", customer_id, "attachments", *tail]:
            return _attachments(world, company, connection_id, customer_id, tail, request)
    raise ApiError(404, "Resource not found.")


def _push(
    world: World, company: Company, connection_id: str, customer_id: str | None, request: Request
) -> Response:
    status, operation = writes.push(
        world, company, connection_id, customer_id, request.query, request.body
    )
    return json_response(operation, status)


def _attachments(
    world: World,
    company: Company,
    connection_id: str,
    customer_id: str,
    tail: list[str],
    request: Request,
) -> Response:
    link = company.connection(connection_id)
    if link.status != "Linked":
        # The status is assumed, since it is not documented.
        raise ApiError(403, f"The data connection is not linked: {link.status}.")
    if link.integration is not company.accounting:
        raise ApiError(404, "Attachments are not supported by this integration.")
    if customer_id not in company.source:
        raise ApiError(404, f"Customer {customer_id} not attachments.", retry="False")
    key, shift = company.plan.key, world.settings.shift
    if not tail:
        _only(request, "GET")
        attachments = files.attachments(key, customer_id)
        rows = None if attachments is None else [file.metadata(shift) for file in attachments]
        return json_response({"attachments": rows})
    file = files.attachment(key, customer_id, tail[0])
    if file is None or tail[1:] not in ([], ["download"]):
        raise ApiError(404, f"Attachment {tail[0]} not attachments.", retry="False")
    if not tail[1:]:
        _only(request, "GET")
        return json_response(file.metadata(shift))
    _only(request, *(("GET", "HEAD") if world.settings.heads else ("GET",)))
    return _download(file, request.headers.get("range", "") if world.settings.ranges else "")


def _download(file: files.File, range_header: str) -> Response:
    encoding = {"Content-Encoding": file.encoding} if file.encoding else {}
    whole = Response(200, file.stream(), file.served_as, encoding, file.ending)
    parsed = _RANGE.fullmatch(range_header)
    if parsed is None or not (parsed[1] or parsed[2]):
        return whole
    size = file.length
    start = int(parsed[1]) if parsed[1] else max(size - int(parsed[2]), 0)
    end = min(int(parsed[2]) + 1, size) if parsed[1] and parsed[2] else size
    if start >= end:
        return Response(416, b"", "", {"Content-Range": f"bytes */{size}"})
    part = Stream(lambda: file.pieces(start, end), end - start)
    headers = {"Content-Range": f"bytes {start}-{end - 1}/{size}", "Accept-Ranges": "bytes"}
    headers |= encoding
    return Response(206, part, file.served_as, headers)


def _data_family(world: World, company: Company, rest: list[str], request: Request) -> Response:
    match rest:
        case ["customers"]:
            _only(request, "GET")
            _check_synced(company)
            return json_response(_customers(world, company, request))
        case ["customers", customer_id]:
            _only(request, "GET")
            _check_synced(company)
            if customer_id not in company.copy:
                raise ApiError(404, f"Customer {customer_id} not found.", retry="False")
            return json_response(company.copy[customer_id])
        case ["queue", data_type]:
            _only(request, "POST")
            return json_response(refreshes.queue(world, company, data_type))
        case ["history"]:
            _only(request, "GET")
            rows = select(company.pulls[::-1], request.query, PULL_FIELDS)
            return json_response(page(rows, request.query, request.path, PLATFORM_LIMIT))
        case ["history", dataset_id]:
            _only(request, "GET")
            for pull in company.pulls:
                if pull["id"] == dataset_id:
                    return json_response(pull)
    raise ApiError(404, "Resource not found.")


def _check_synced(company: Company) -> None:
    """Raise ApiError where there is no data. Both responses are documented; when each is returned is assumed."""
    if company.synced:
        return
    if company.accounting is None or company.pulls:
        short = company.plan.id.replace("-", "")
        raise ApiError(404, f"No data available for customers for ID {short}")
    raise ApiError(409, "The data set has not been requested.")


def _customers(world: World, company: Company, request: Request) -> dict[str, Any]:
    """A page of customers. The selection of a query is cached until the copy changes."""
    key = (request.query.get("query", ""), request.query.get("orderBy", ""))
    selected = company.selections.get(key)
    if selected is None:
        rows = list(company.copy.values())
        selected = select(
            rows, request.query, CUSTOMER_FIELDS, case_sensitive=world.settings.case_sensitive
        )
        if len(company.selections) > 64:
            company.selections.clear()
        company.selections[key] = selected
    return page(selected, request.query, request.path, DATA_LIMIT)


def _push_family(_: World, company: Company, rest: list[str], request: Request) -> Response:
    _only(request, "GET")
    if not rest:
        rows = select(company.pushes[::-1], request.query, PUSH_FIELDS)
        return json_response(page(rows, request.query, request.path, PLATFORM_LIMIT))
    for operation in company.pushes:
        if rest == [operation["pushOperationKey"]]:
            return json_response(operation)
    raise ApiError(404, f"Push operation {rest[0]} not found.", retry="False")


def _status_family(_: World, company: Company, rest: list[str], request: Request) -> Response:
    _only(request, "GET")
    if rest:
        raise ApiError(404, "Resource not found.")
    return json_response(refreshes.status(company))


def _settings_family(_: World, company: Company, rest: list[str], request: Request) -> Response:
    """When each data type is synced. Assumed: the documents show how these are set, not how they are returned."""
    _only(request, "GET")
    if rest:
        raise ApiError(404, "Resource not found.")
    customers = {
        "dataType": "customers",
        "fetchOnFirstLink": True,
        "syncSchedule": company.plan.schedule,
        "isLocked": False,
    }
    return json_response({"companyId": company.plan.id, "settings": [customers]})


_Family = Callable[[World, Company, list[str], Request], Response]
_FAMILIES: dict[str, _Family] = {
    "connections": _connection_family,
    "data": _data_family,
    "push": _push_family,
    "dataStatus": _status_family,
    "syncSettings": _settings_family,
}
