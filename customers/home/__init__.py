"""The home page: what needs doing in all companies, the companies, and what the team did."""
