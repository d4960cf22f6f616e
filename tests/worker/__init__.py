"""The worker: its leases, chores and slices, its process, and the page that shows it."""
