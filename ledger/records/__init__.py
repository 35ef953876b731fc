"""Records around the book: members, contacts, staff, codes, messages, acts. Callers own the transaction."""
