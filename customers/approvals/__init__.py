"""Approvals by a second person: what waits for whom, the decision, the rules, and their pages."""
