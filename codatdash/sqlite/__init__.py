"""Django's SQLite backend with database files that only their owner can read. `ENGINE` names this package."""
