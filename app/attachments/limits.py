"""How much may be uploaded: a client by its own limit, staff freely, anybody else so many files an hour from
one network."""

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerHour

from app.core.edge import Db, Network
from app.staff.access import ClientCaller, StaffCaller, client_caller, declares, of_client, staff_caller
from app.staff.limits import Limiting

FILES: RateLimitItem = RateLimitItemPerHour(120, namespace="files")

Uploader = ClientCaller | StaffCaller | None


@declares("public")
async def uploader(request: Request, db: Db, network: Network, limiter: Limiting) -> Uploader:
    """Anybody; who sends a key or a token is known by it, and it must be good. Raises TooManyRequests."""
    key = request.headers.get("x-api-key")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if key:
        caller = await client_caller(db, key.encode("latin-1", "replace"))
        await of_client(limiter, caller)
        return caller
    if scheme.lower() == "bearer":
        return await staff_caller(db, token)
    await limiter.count(FILES, network)
    return None
