"""A new secret: everything that an older one wrote is written again, while people work
(docs/decisions/0020)."""
