"""Hard cases: faults of Codat, records, texts and archives."""
