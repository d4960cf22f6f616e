"""Events from Codat."""
