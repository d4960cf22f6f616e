"""What of a change waits for a second person's approval, and the gate that every write passes on its way to Codat."""
