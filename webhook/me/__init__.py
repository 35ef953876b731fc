"""The member's own page: the card and its statement, to look at, to print and to keep (features A4, F6)."""
