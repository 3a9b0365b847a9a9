"""Every table that leads to a case is under the policies, or stands here with the reason why not."""

from app.core.db import Database
from app.tables import METADATA

LEADING = {
    *("appeal_id", "appeal_ids", "about_id", "holding_id", "content_id", "event_id"),
    *("case_id", "notice_id", "delivery_id", "attachment_id"),
}
OPEN = {
    "again": "figures: how often an appeal is counted again",
    "answers_read": "how far answers were looked at",
    "counter_delta": "figures: the public's are summed from it as long as it is not folded",
    "intake_key": "hashes of keys, which tell nothing of the case; a repeat is found by it",
    "mail": "what became of each e-mail, without its text; for who keeps the mailboxes",
    "public_answer": "what a moderator released to everybody",
    "rise_hour": "figures by hour, with ids",
    "systemic_issue": "what is done about many appeals, with ids",
    "visit_record": "what came of a visit to a body, found by the body",
}
PROTECTED = "SELECT relname FROM pg_class WHERE relrowsecurity AND relkind = 'r'"
POLICIES = "SELECT DISTINCT tablename FROM pg_policies WHERE 'ls_app' = ANY (roles)"


def leads(table: str) -> bool:
    found = METADATA.tables[table]
    keys = {key.column.table.name for key in found.foreign_keys}
    return bool(LEADING & set(found.columns.keys()) or keys & {"appeal", "holding", "event", "attachment"})


async def test_each_table_that_leads_to_a_case_is_under_the_policies(db: Database) -> None:
    async with db.read() as connection:
        protected = {row[0] for row in await connection.fetch(PROTECTED)}
        with_policies = {row[0] for row in await connection.fetch(POLICIES)}
    leading = {table for table in METADATA.tables if leads(table)} | {"appeal"}
    assert leading - set(OPEN) == protected == with_policies
    assert set(OPEN) <= leading, "these lead to no case any more"
