"""ISO codes that inputs suggest where a note asks for one. Suggestions: any text may be typed.

Source: Debian's iso-codes (ISO 3166-1 and ISO 4217; funds, metals and test codes left out).
"""

from __future__ import annotations


def _split(block: str) -> tuple[str, ...]:
    return tuple(" ".join(entry.split()) for entry in block.split(";"))


# alpha-2, alpha-3, name
COUNTRIES = _split(
    """
AD AND Andorra; AE ARE United Arab Emirates; AF AFG Afghanistan; AG ATG Antigua and Barbuda; AI
AIA Anguilla; AL ALB Albania; AM ARM Armenia; AO AGO Angola; AQ ATA Antarctica; AR ARG Argentina;
AS ASM American Samoa; AT AUT Austria; AU AUS Australia; AW ABW Aruba; AX ALA Åland Islands; AZ
AZE Azerbaijan; BA BIH Bosnia and Herzegovina; BB BRB Barbados; BD BGD Bangladesh; BE BEL Belgium;
BF BFA Burkina Faso; BG BGR Bulgaria; BH BHR Bahrain; BI BDI Burundi; BJ BEN Benin; BL BLM Saint
Barthélemy; BM BMU Bermuda; BN BRN Brunei Darussalam; BO BOL Bolivia; BQ BES Bonaire, Sint
Eustatius and Saba; BR BRA Brazil; BS BHS Bahamas; BT BTN Bhutan; BV BVT Bouvet Island; BW BWA
Botswana; BY BLR Belarus; BZ BLZ Belize; CA CAN Canada; CC CCK Cocos (Keeling) Islands; CD COD
Congo, The Democratic Republic of the; CF CAF Central African Republic; CG COG Congo; CH CHE
Switzerland; CI CIV Côte d'Ivoire; CK COK Cook Islands; CL CHL Chile; CM CMR Cameroon; CN CHN
China; CO COL Colombia; CR CRI Costa Rica; CU CUB Cuba; CV CPV Cabo Verde; CW CUW Curaçao; CX CXR
Christmas Island; CY CYP Cyprus; CZ CZE Czechia; DE DEU Germany; DJ DJI Djibouti; DK DNK Denmark;
DM DMA Dominica; DO DOM Dominican Republic; DZ DZA Algeria; EC ECU Ecuador; EE EST Estonia; EG EGY
Egypt; EH ESH Western Sahara; ER ERI Eritrea; ES ESP Spain; ET ETH Ethiopia; FI FIN Finland; FJ
FJI Fiji; FK FLK Falkland Islands (Malvinas); FM FSM Micronesia, Federated States of; FO FRO Faroe
Islands; FR FRA France; GA GAB Gabon; GB GBR United Kingdom; GD GRD Grenada; GE GEO Georgia; GF
GUF French Guiana; GG GGY Guernsey; GH GHA Ghana; GI GIB Gibraltar; GL GRL Greenland; GM GMB
Gambia; GN GIN Guinea; GP GLP Guadeloupe; GQ GNQ Equatorial Guinea; GR GRC Greece; GS SGS South
Georgia and the South Sandwich Islands; GT GTM Guatemala; GU GUM Guam; GW GNB Guinea-Bissau; GY
GUY Guyana; HK HKG Hong Kong; HM HMD Heard Island and McDonald Islands; HN HND Honduras; HR HRV
Croatia; HT HTI Haiti; HU HUN Hungary; ID IDN Indonesia; IE IRL Ireland; IL ISR Israel; IM IMN
Isle of Man; IN IND India; IO IOT British Indian Ocean Territory; IQ IRQ Iraq; IR IRN Iran; IS ISL
Iceland; IT ITA Italy; JE JEY Jersey; JM JAM Jamaica; JO JOR Jordan; JP JPN Japan; KE KEN Kenya;
KG KGZ Kyrgyzstan; KH KHM Cambodia; KI KIR Kiribati; KM COM Comoros; KN KNA Saint Kitts and Nevis;
KP PRK North Korea; KR KOR South Korea; KW KWT Kuwait; KY CYM Cayman Islands; KZ KAZ Kazakhstan;
LA LAO Laos; LB LBN Lebanon; LC LCA Saint Lucia; LI LIE Liechtenstein; LK LKA Sri Lanka; LR LBR
Liberia; LS LSO Lesotho; LT LTU Lithuania; LU LUX Luxembourg; LV LVA Latvia; LY LBY Libya; MA MAR
Morocco; MC MCO Monaco; MD MDA Moldova; ME MNE Montenegro; MF MAF Saint Martin (French part); MG
MDG Madagascar; MH MHL Marshall Islands; MK MKD North Macedonia; ML MLI Mali; MM MMR Myanmar; MN
MNG Mongolia; MO MAC Macao; MP MNP Northern Mariana Islands; MQ MTQ Martinique; MR MRT Mauritania;
MS MSR Montserrat; MT MLT Malta; MU MUS Mauritius; MV MDV Maldives; MW MWI Malawi; MX MEX Mexico;
MY MYS Malaysia; MZ MOZ Mozambique; NA NAM Namibia; NC NCL New Caledonia; NE NER Niger; NF NFK
Norfolk Island; NG NGA Nigeria; NI NIC Nicaragua; NL NLD Netherlands; NO NOR Norway; NP NPL Nepal;
NR NRU Nauru; NU NIU Niue; NZ NZL New Zealand; OM OMN Oman; PA PAN Panama; PE PER Peru; PF PYF
French Polynesia; PG PNG Papua New Guinea; PH PHL Philippines; PK PAK Pakistan; PL POL Poland; PM
SPM Saint Pierre and Miquelon; PN PCN Pitcairn; PR PRI Puerto Rico; PS PSE Palestine, State of; PT
PRT Portugal; PW PLW Palau; PY PRY Paraguay; QA QAT Qatar; RE REU Réunion; RO ROU Romania; RS SRB
Serbia; RU RUS Russian Federation; RW RWA Rwanda; SA SAU Saudi Arabia; SB SLB Solomon Islands; SC
SYC Seychelles; SD SDN Sudan; SE SWE Sweden; SG SGP Singapore; SH SHN Saint Helena, Ascension and
Tristan da Cunha; SI SVN Slovenia; SJ SJM Svalbard and Jan Mayen; SK SVK Slovakia; SL SLE Sierra
Leone; SM SMR San Marino; SN SEN Senegal; SO SOM Somalia; SR SUR Suriname; SS SSD South Sudan; ST
STP Sao Tome and Principe; SV SLV El Salvador; SX SXM Sint Maarten (Dutch part); SY SYR Syria; SZ
SWZ Eswatini; TC TCA Turks and Caicos Islands; TD TCD Chad; TF ATF French Southern Territories; TG
TGO Togo; TH THA Thailand; TJ TJK Tajikistan; TK TKL Tokelau; TL TLS Timor-Leste; TM TKM
Turkmenistan; TN TUN Tunisia; TO TON Tonga; TR TUR Türkiye; TT TTO Trinidad and Tobago; TV TUV
Tuvalu; TW TWN Taiwan; TZ TZA Tanzania; UA UKR Ukraine; UG UGA Uganda; UM UMI United States Minor
Outlying Islands; US USA United States; UY URY Uruguay; UZ UZB Uzbekistan; VA VAT Holy See
(Vatican City State); VC VCT Saint Vincent and the Grenadines; VE VEN Venezuela; VG VGB Virgin
Islands, British; VI VIR Virgin Islands, U.S.; VN VNM Vietnam; VU VUT Vanuatu; WF WLF Wallis and
Futuna; WS WSM Samoa; YE YEM Yemen; YT MYT Mayotte; ZA ZAF South Africa; ZM ZMB Zambia; ZW ZWE
Zimbabwe
"""
)

# code, name
CURRENCIES = _split(
    """
AED UAE Dirham; AFN Afghani; ALL Lek; AMD Armenian Dram; ANG Netherlands Antillean Guilder; AOA
Kwanza; ARS Argentine Peso; AUD Australian Dollar; AWG Aruban Florin; AZN Azerbaijan Manat; BAM
Convertible Mark; BBD Barbados Dollar; BDT Taka; BGN Bulgarian Lev; BHD Bahraini Dinar; BIF
Burundi Franc; BMD Bermudian Dollar; BND Brunei Dollar; BOB Boliviano; BRL Brazilian Real; BSD
Bahamian Dollar; BTN Ngultrum; BWP Pula; BYN Belarusian Ruble; BZD Belize Dollar; CAD Canadian
Dollar; CDF Congolese Franc; CHF Swiss Franc; CLP Chilean Peso; CNY Yuan Renminbi; COP Colombian
Peso; CRC Costa Rican Colon; CUC Peso Convertible; CUP Cuban Peso; CVE Cabo Verde Escudo; CZK
Czech Koruna; DJF Djibouti Franc; DKK Danish Krone; DOP Dominican Peso; DZD Algerian Dinar; EGP
Egyptian Pound; ERN Nakfa; ETB Ethiopian Birr; EUR Euro; FJD Fiji Dollar; FKP Falkland Islands
Pound; GBP Pound Sterling; GEL Lari; GHS Ghana Cedi; GIP Gibraltar Pound; GMD Dalasi; GNF Guinean
Franc; GTQ Quetzal; GYD Guyana Dollar; HKD Hong Kong Dollar; HNL Lempira; HRK Kuna; HTG Gourde;
HUF Forint; IDR Rupiah; ILS New Israeli Sheqel; INR Indian Rupee; IQD Iraqi Dinar; IRR Iranian
Rial; ISK Iceland Krona; JMD Jamaican Dollar; JOD Jordanian Dinar; JPY Yen; KES Kenyan Shilling;
KGS Som; KHR Riel; KMF Comorian Franc; KPW North Korean Won; KRW Won; KWD Kuwaiti Dinar; KYD
Cayman Islands Dollar; KZT Tenge; LAK Lao Kip; LBP Lebanese Pound; LKR Sri Lanka Rupee; LRD
Liberian Dollar; LSL Loti; LYD Libyan Dinar; MAD Moroccan Dirham; MDL Moldovan Leu; MGA Malagasy
Ariary; MKD Denar; MMK Kyat; MNT Tugrik; MOP Pataca; MRU Ouguiya; MUR Mauritius Rupee; MVR
Rufiyaa; MWK Malawi Kwacha; MXN Mexican Peso; MYR Malaysian Ringgit; MZN Mozambique Metical; NAD
Namibia Dollar; NGN Naira; NIO Cordoba Oro; NOK Norwegian Krone; NPR Nepalese Rupee; NZD New
Zealand Dollar; OMR Rial Omani; PAB Balboa; PEN Sol; PGK Kina; PHP Philippine Peso; PKR Pakistan
Rupee; PLN Zloty; PYG Guarani; QAR Qatari Rial; RON Romanian Leu; RSD Serbian Dinar; RUB Russian
Ruble; RWF Rwanda Franc; SAR Saudi Riyal; SBD Solomon Islands Dollar; SCR Seychelles Rupee; SDG
Sudanese Pound; SEK Swedish Krona; SGD Singapore Dollar; SHP Saint Helena Pound; SLE Leone; SLL
Leone; SOS Somali Shilling; SRD Surinam Dollar; SSP South Sudanese Pound; STN Dobra; SVC El
Salvador Colon; SYP Syrian Pound; SZL Lilangeni; THB Baht; TJS Somoni; TMT Turkmenistan New Manat;
TND Tunisian Dinar; TOP Pa’anga; TRY Turkish Lira; TTD Trinidad and Tobago Dollar; TWD New Taiwan
Dollar; TZS Tanzanian Shilling; UAH Hryvnia; UGX Uganda Shilling; USD US Dollar; UYU Peso
Uruguayo; UZS Uzbekistan Sum; VED Bolívar Soberano; VES Bolívar Soberano; VND Dong; VUV Vatu; WST
Tala; XAF CFA Franc BEAC; XCD East Caribbean Dollar; XOF CFA Franc BCEAO; XPF CFP Franc; YER
Yemeni Rial; ZAR Rand; ZMW Zambian Kwacha; ZWL Zimbabwe Dollar
"""
)
