"""Nothing rewritten: the rows of the record are sealed every minute, and anybody can see that they are as
they were (docs/security.md)."""
