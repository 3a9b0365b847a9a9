"""E-mail in: mailboxes that a worker reads by IMAP; what is in them becomes appeals and supplements."""
