"""Names for invented people and firms, and the options of long lists: currencies and countries."""

# ruff: noqa: SIM905  (lists of words read better as text)

from __future__ import annotations

from . import iso_codes

FIRST_NAMES = tuple(
    "Amina Bruno Chloe Dmitri Elif Farid Greta Hugo Ines Jonas Keiko Liam Mara Nils Odile Piotr Quentin Rosa "
    "Samir Tilda Umar Vera Wanda Ximena Yusuf Zoe Anselm Beatriz Caspar Doris Emil Freya Gideon Hanne Ivo "
    "Jolanta Kasper Leonie Marek Nadia Oskar Petra Rafael Sunniva Theo Ursula Viktor Wilma".split()
)
LAST_NAMES = tuple(
    "Abara Brandt Castellan Dufour Ekberg Ferrante Gruber Halloran Ivarsson Jansen Kowalski Lindqvist Moreau "
    "Nakamura Okafor Petrov Quiroga Rosenthal Sandoval Takala Ulvang Vermeer Whitlock Xanthou Yamada Zeller "
    "Ashdown Birkett Cromwell Delgado Eastwick Fairbairn Garnett Hollis Ibsen Jessop Kingsley Lockhart".split()
)
COMPANY_WORDS = tuple(
    "Amber Beacon Cedar Drift Ember Falcon Granite Harbour Iris Juniper Kestrel Lantern Meadow North Orchard "
    "Pebble Quarry River Saffron Thistle Umber Vale Willow Yarrow Zephyr Bramble Cobalt Dune Fern Gable "
    "Heron Indigo Larch Maple Nettle Opal Pine Raven Slate Teal".split()
)
TRADES = tuple(
    "Bakery Carpentry Coffee Cycles Dairy Design Electrics Engineering Fabrics Farms Films Fisheries Florists "
    "Foods Foundry Glass Homes Instruments Joinery Kitchens Labs Logistics Marine Media Motors Opticians "
    "Outdoors Paper Plumbing Printers Records Roofing Security Software Solar Stone Tea Textiles Tools "
    "Travel".split()
)
LEGAL_FORMS = (
    "Ltd",
    "LLP",
    "GmbH",
    "BV",
    "Inc.",
    "& Sons",
    "& Co",
    "SARL",
    "Oy",
    "PLC",
    "Studio",
    "",
)
STREET_NAMES = tuple(
    "Alder Bridge Chapel Dock Elm Forge Garden Hill Inn Kiln Lower Market Mill Park Queen Ridge School "
    "Station Tower Upper Vine Water".split()
)
STREET_TYPES = ("Road", "Street", "Lane", "Avenue", "Row", "Way", "Square", "Close")
# City, region, postal code, country name, country code, currency, phone prefix.
PLACES = (
    ("London", "Greater London", "SE1 7PB", "United Kingdom", "GB", "GBP", "+44 20 7946"),
    ("Leeds", "West Yorkshire", "LS1 4AP", "United Kingdom", "GB", "GBP", "+44 113 496"),
    ("Cardiff", "Wales", "CF10 1EP", "United Kingdom", "GB", "GBP", "+44 29 2018"),
    ("Glasgow", "Scotland", "G2 1AL", "United Kingdom", "GB", "GBP", "+44 141 496"),
    ("Portland", "OR", "97205", "United States", "US", "USD", "+1 503 555"),
    ("Austin", "TX", "78701", "United States", "US", "USD", "+1 512 555"),
    ("Toronto", "ON", "M5V 2T6", "Canada", "CA", "CAD", "+1 416 555"),
    ("Utrecht", "Utrecht", "3511 AA", "Netherlands", "NL", "EUR", "+31 30 555"),
    ("Berlin", "Berlin", "10117", "Germany", "DE", "EUR", "+49 30 5550"),
    ("Lyon", "Rhône", "69002", "France", "FR", "EUR", "+33 4 7200"),
    ("Malmö", "Skåne", "211 20", "Sweden", "SE", "SEK", "+46 40 555"),
    ("Zürich", "ZH", "8001", "Switzerland", "CH", "CHF", "+41 44 555"),
    ("Sydney", "NSW", "2000", "Australia", "AU", "AUD", "+61 2 5550"),
    ("Wellington", "Wellington", "6011", "New Zealand", "NZ", "NZD", "+64 4 555"),
    ("Kraków", "Małopolska", "31-042", "Poland", "PL", "PLN", "+48 12 555"),
    ("Cape Town", "Western Cape", "8001", "South Africa", "ZA", "ZAR", "+27 21 555"),
)

CURRENCIES = tuple(code for code, _ in iso_codes.CURRENCIES)

# Real lists have codes that are not in ISO 3166. With Kosovo these are 250 options.
COUNTRIES = tuple(
    sorted([*((code, name) for code, _, name in iso_codes.COUNTRIES), ("XK", "Kosovo")])
)
