"""Unusual looking into cases: days of people, listed by stated rules for who keeps people."""
