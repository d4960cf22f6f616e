"""Programs that tests start, watch and kill."""
