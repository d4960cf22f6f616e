"""Who may come in, with which role, and which companies they may see."""
