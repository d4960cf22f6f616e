"""The long-running process beside the dashboard: it sends batches and does the periodic work."""
