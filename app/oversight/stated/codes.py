"""What can be stated: measures that are never added to one another."""

from enum import StrEnum


class Measure(StrEnum):
    APPEALS = "appeals"
    CALLS = "calls"
    APPLICATIONS_PROCESSED = "applications_processed"
    PERSONS_RECEIVED = "persons_received"
    RECEPTIONS = "receptions"
    PARTICIPANTS = "participants"
    DRAFT_ACTS = "draft_acts"
    PUBLIC_EVENTS = "public_events"
    PUBLICATIONS = "publications"
    SHARE_PERCENT = "share_percent"
