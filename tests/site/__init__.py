"""Settings, sign-in, logs, static files, documents."""
