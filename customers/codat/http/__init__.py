"""HTTP to the Codat API: connections, framing, requests, responses, downloads and the limits on calls."""
