"""The API client against raw sockets and the sandbox."""
