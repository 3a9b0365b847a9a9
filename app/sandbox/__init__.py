"""Where integrators try the whole life of a ticket: what a test key sends, and what becomes of it."""
