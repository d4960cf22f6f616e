"""The pages of people, of invitations and of asking for access."""
