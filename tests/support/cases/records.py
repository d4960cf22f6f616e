"""Customers as Codat may send them: any key missing, null, of another type, or unknown."""

from hypothesis import strategies as st

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=12,
)
_KEYS = (
    *("id", "customerName", "contactName", "emailAddress", "defaultCurrency", "phone", "odd"),
    *("addresses", "contacts", "registrationNumber", "taxNumber", "status", "metadata"),
    *("supplementalData", "modifiedDate", "sourceModifiedDate"),
)
any_customer = st.dictionaries(st.sampled_from(_KEYS), _values)
