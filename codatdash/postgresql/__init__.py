"""Django's PostgreSQL backend with a limit on each wait. `ENGINE` names this package."""
