"""Words that spreadsheet programs take for values, in the languages of most readers. Each uses that of its user."""

# True, false and errors.
_WORDS = (
    "true false wahr falsch vrai faux verdadero falso vero waar onwaar verdadeiro sant falskt sand falsk "
    "#n/a #ref! #name? #value! #div/0! #null! #num! #nv #wert! #bezug! #zahl!"
)
# Months, in full and shortened.
_MONTHS = (
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec "
    "januar februar märz mai juni juli oktober dezember jän mär mrz okt dez "
    "janvier février mars avril juin juillet août septembre octobre novembre décembre janv févr avr juil déc "
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre ene abr ago dic "
    "gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre gen mag giu lug set ott "
    "januari februari maart mei augustus mrt "
    "janeiro fevereiro março maio junho julho setembro outubro novembro dezembro fev out"
)

WORDS = frozenset(_WORDS.split())
MONTHS = frozenset(_MONTHS.split())
