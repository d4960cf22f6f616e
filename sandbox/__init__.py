"""The sandbox: a stand-in for the Codat API, in memory, over real HTTP. Only tests and its command import it.

    with Sandbox(push_delay=0.1) as sandbox:          # 127.0.0.1, a free port, daemon threads
        sandbox.url, sandbox.auth_header               # CODAT_BASE_URL and CODAT_AUTH_HEADER
        sandbox.company("xero"), sandbox.connection("xero")     # ids, the same for every seed
        sandbox.faults.add("/data/customers", "status", status=503, count=2)
        sandbox.settle()                               # end all delays now
        sandbox.calls[-1].status                       # the latest request and its response
        sandbox.reset()                                # fresh data and settings, no faults, no log

Also: `settings` (see `world.Settings`; they can be changed while it runs), `faults.clear()`, `faults.planned`,
`clear_calls()`, `open_connections`, `events` (webhooks sent), `webhooks.wait()`, `file(key, customer, attachment)`
(the bytes), `state(key).copy` and `.source` (customers in Codat's copy and in the accounting software),
`change(key, customer, **fields)` (a change in the software), `set_online("qbd")`, `set_status(key, "Deauthorized")`,
`delete_company(key)`, `replace_connection(key)`.

Companies by key:

- `xero`: 48 customers; a bad write is `Failed` inside an HTTP 200; `InActive` is read as `Archived`
- `qbo`: 40; ids are numbers; names unique; tax numbers come back masked; an update replaces
- `qbd`: 120; desktop connector, off: writes stay `Pending` until `TimedOut`, refreshes stay
  `Queued`
- `netsuite`: 300; answers writes with 202; `itemId` like `contacts[0].phone[0].number`; also a
  Banking link
- `freshbooks`: 24; a bad write is an HTTP 400; 155 currencies to choose from
- `exact`: 71; no contacts or names of them; keeps the first address only
- `sage`: 60; the model requires `id`; HTTP 400; `itemId` is the bare name in lower case
- `dynamics`: 42; "" for an unknown value; `countryCode` beside `country`; one option; drops unknown
  properties
- `zoho`: 14; does not return the addresses that it has stored; 250 countries to choose from
- `intacct`: 4 (`C00001` is full); Number, Boolean, DateTime, File, MultiPart, plain arrays, arrays
  4 deep, `id` required
- `codat`: 25; everything required, read-only fields too
- `big`: 5,000 (the argument `customers`), on QuickBooks Online; also a Commerce link
- `odd`: odd names, shapes and ids: the keys of `special_records.ODD_IDS`, `name-*`, `arrays-null`,
  `arrays-empty`, `rows-empty`, `keys-missing`, `keys-unknown`, `supplemental`, `deleted`, `archived`,
  `status-unknown`, `dates-unknown`, `dates-odd`, `full`, `many-rows`, `twin-1`, `twin-2`;
  `changed-since` needs `forceUpdate` or a refresh
- `files`: attachments, see below
- `deauthorized`, `unlinked`: 18, 12; read-only; a refresh ends in `AuthError`
- `migrated`: 22; an unlinked accounting connection (0), the linked one (1) and a Commerce one (2)
- `never_synced`: 409; a refresh brings 16 customers
- `syncing`: 404; its first refresh runs until `settle()`, then 30 customers
- `pending`: 409; the link was never authorised
- `no_accounting`, `no_connections`: 404; no connection to read customers from
- `read_only`: 9; customers can be read and not written: the model and writes are answered with 404

Attachments are at `files`, by customer: `none`, `one` (`only`), `thirty` (`0001` to `0030`), `null`
(a null list), `kinds` (`pdf` `png` `jpeg` `gif` `webp` `text` `csv` `svg` `html` `unknown` `empty`
`no-type`), `names` (`quotes` `newline` `path` `windows-path` `cyrillic` `rtl-override` `emoji`
`long` `percent` `dots` `reserved` `semicolon` `control` `script` `empty` `none` `twin-1` `twin-2`
`bare`), `ids` (slash, space, percent, ...), `lies` (content that does not match name and type),
`large` (`300mb`, `10mb`, `no-length` which is chunked, and `bytes-<n>` for any n up to 64 GiB),
`broken` (`breaks-off`, `resets`, `no-length-breaks-off`, and one that is `fine`). A third of the
other companies' customers have one to three.

A write of a customer whose name begins with `Refuse me`, `Fail me now`, `Fail me later`, `Time me out` or `Lose me`
has that outcome (`writes.FORCED_OUTCOMES`).

Dates are relative to the setting `reference`, for `manage.py sandbox` the moment at which it starts.
`past_writes` gives `xero` and `qbo` a history of writes. The page *Try it* (`GET /`, see `tour`) has
a button for each thing that can happen at Codat.

For the kinds of fault see `faults`. Over HTTP, without a key: `GET /_sandbox/`; `POST` and `DELETE
/_sandbox/faults`; `GET` and `DELETE /_sandbox/calls`; `POST /_sandbox/settle`, `reset`, `settings`,
`change`, `online`, `status`.
"""

from .sandbox import Sandbox

__all__ = ["Sandbox"]
