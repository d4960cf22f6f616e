"""Word lists for invented people and firms, and the codes of countries and currencies (ISO 3166, ISO 4217)."""

# ruff: noqa: SIM905  (lists of words read better as text)

from __future__ import annotations

FIRST = tuple(
    "Amina Bruno Chloe Dmitri Elif Farid Greta Hugo Ines Jonas Keiko Liam Mara Nils Odile Piotr Quentin Rosa "
    "Samir Tilda Umar Vera Wanda Ximena Yusuf Zoe Anselm Beatriz Caspar Doris Emil Freya Gideon Hanne Ivo "
    "Jolanta Kasper Leonie Marek Nadia Oskar Petra Rafael Sunniva Theo Ursula Viktor Wilma".split()
)
LAST = tuple(
    "Abara Brandt Castellan Dufour Ekberg Ferrante Gruber Halloran Ivarsson Jansen Kowalski Lindqvist Moreau "
    "Nakamura Okafor Petrov Quiroga Rosenthal Sandoval Takala Ulvang Vermeer Whitlock Xanthou Yamada Zeller "
    "Ashdown Birkett Cromwell Delgado Eastwick Fairbairn Garnett Hollis Ibsen Jessop Kingsley Lockhart".split()
)
TRADE = tuple(
    "Amber Beacon Cedar Drift Ember Falcon Granite Harbour Iris Juniper Kestrel Lantern Meadow North Orchard "
    "Pebble Quarry River Saffron Thistle Umber Vale Willow Yarrow Zephyr Bramble Cobalt Dune Fern Gable "
    "Heron Indigo Larch Maple Nettle Opal Pine Raven Slate Teal".split()
)
CRAFT = tuple(
    "Bakery Carpentry Coffee Cycles Dairy Design Electrics Engineering Fabrics Farms Films Fisheries Florists "
    "Foods Foundry Glass Homes Instruments Joinery Kitchens Labs Logistics Marine Media Motors Opticians "
    "Outdoors Paper Plumbing Printers Records Roofing Security Software Solar Stone Tea Textiles Tools "
    "Travel".split()
)
FORM = ("Ltd", "LLP", "GmbH", "BV", "Inc.", "& Sons", "& Co", "SARL", "Oy", "PLC", "Studio", "")
STREET = tuple(
    "Alder Bridge Chapel Dock Elm Forge Garden Hill Inn Kiln Lower Market Mill Park Queen Ridge School "
    "Station Tower Upper Vine Water".split()
)
WAY = ("Road", "Street", "Lane", "Avenue", "Row", "Way", "Square", "Close")
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

CURRENCIES = tuple(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD "
    "CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ "
    "GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR "
    "LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN "
    "PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW".split()
)

_COUNTRIES = """
AD Andorra|AE United Arab Emirates|AF Afghanistan|AG Antigua and Barbuda|AI Anguilla|AL Albania|AM Armenia
AO Angola|AQ Antarctica|AR Argentina|AS American Samoa|AT Austria|AU Australia|AW Aruba|AX Åland Islands
AZ Azerbaijan|BA Bosnia and Herzegovina|BB Barbados|BD Bangladesh|BE Belgium|BF Burkina Faso|BG Bulgaria
BH Bahrain|BI Burundi|BJ Benin|BL Saint Barthélemy|BM Bermuda|BN Brunei|BO Bolivia|BQ Caribbean Netherlands
BR Brazil|BS Bahamas|BT Bhutan|BV Bouvet Island|BW Botswana|BY Belarus|BZ Belize|CA Canada|CC Cocos Islands
CD Congo (Kinshasa)|CF Central African Republic|CG Congo (Brazzaville)|CH Switzerland|CI Côte d'Ivoire
CK Cook Islands|CL Chile|CM Cameroon|CN China|CO Colombia|CR Costa Rica|CU Cuba|CV Cabo Verde|CW Curaçao
CX Christmas Island|CY Cyprus|CZ Czechia|DE Germany|DJ Djibouti|DK Denmark|DM Dominica|DO Dominican Republic
DZ Algeria|EC Ecuador|EE Estonia|EG Egypt|EH Western Sahara|ER Eritrea|ES Spain|ET Ethiopia|FI Finland
FJ Fiji|FK Falkland Islands|FM Micronesia|FO Faroe Islands|FR France|GA Gabon|GB United Kingdom|GD Grenada
GE Georgia|GF French Guiana|GG Guernsey|GH Ghana|GI Gibraltar|GL Greenland|GM Gambia|GN Guinea|GP Guadeloupe
GQ Equatorial Guinea|GR Greece|GS South Georgia|GT Guatemala|GU Guam|GW Guinea-Bissau|GY Guyana|HK Hong Kong
HM Heard Island and McDonald Islands|HN Honduras|HR Croatia|HT Haiti|HU Hungary|ID Indonesia|IE Ireland
IL Israel|IM Isle of Man|IN India|IO British Indian Ocean Territory|IQ Iraq|IR Iran|IS Iceland|IT Italy
JE Jersey|JM Jamaica|JO Jordan|JP Japan|KE Kenya|KG Kyrgyzstan|KH Cambodia|KI Kiribati|KM Comoros
KN Saint Kitts and Nevis|KP North Korea|KR South Korea|KW Kuwait|KY Cayman Islands|KZ Kazakhstan|LA Laos
LB Lebanon|LC Saint Lucia|LI Liechtenstein|LK Sri Lanka|LR Liberia|LS Lesotho|LT Lithuania|LU Luxembourg
LV Latvia|LY Libya|MA Morocco|MC Monaco|MD Moldova|ME Montenegro|MF Saint Martin|MG Madagascar
MH Marshall Islands|MK North Macedonia|ML Mali|MM Myanmar|MN Mongolia|MO Macao|MP Northern Mariana Islands
MQ Martinique|MR Mauritania|MS Montserrat|MT Malta|MU Mauritius|MV Maldives|MW Malawi|MX Mexico|MY Malaysia
MZ Mozambique|NA Namibia|NC New Caledonia|NE Niger|NF Norfolk Island|NG Nigeria|NI Nicaragua|NL Netherlands
NO Norway|NP Nepal|NR Nauru|NU Niue|NZ New Zealand|OM Oman|PA Panama|PE Peru|PF French Polynesia
PG Papua New Guinea|PH Philippines|PK Pakistan|PL Poland|PM Saint Pierre and Miquelon|PN Pitcairn
PR Puerto Rico|PS Palestine|PT Portugal|PW Palau|PY Paraguay|QA Qatar|RE Réunion|RO Romania|RS Serbia
RU Russia|RW Rwanda|SA Saudi Arabia|SB Solomon Islands|SC Seychelles|SD Sudan|SE Sweden|SG Singapore
SH Saint Helena|SI Slovenia|SJ Svalbard and Jan Mayen|SK Slovakia|SL Sierra Leone|SM San Marino|SN Senegal
SO Somalia|SR Suriname|SS South Sudan|ST São Tomé and Príncipe|SV El Salvador|SX Sint Maarten|SY Syria
SZ Eswatini|TC Turks and Caicos Islands|TD Chad|TF French Southern Territories|TG Togo|TH Thailand
TJ Tajikistan|TK Tokelau|TL Timor-Leste|TM Turkmenistan|TN Tunisia|TO Tonga|TR Türkiye|TT Trinidad and Tobago
TV Tuvalu|TW Taiwan|TZ Tanzania|UA Ukraine|UG Uganda|UM United States Minor Outlying Islands
US United States|UY Uruguay|UZ Uzbekistan|VA Vatican City|VC Saint Vincent and the Grenadines|VE Venezuela
VG British Virgin Islands|VI United States Virgin Islands|VN Vietnam|VU Vanuatu|WF Wallis and Futuna|WS Samoa
XK Kosovo|YE Yemen|YT Mayotte|ZA South Africa|ZM Zambia|ZW Zimbabwe
"""
# The 249 countries of ISO 3166-1 and Kosovo: 250 options.
COUNTRIES = tuple(
    (entry[:2], entry[3:]) for line in _COUNTRIES.strip().splitlines() for entry in line.split("|")
)
