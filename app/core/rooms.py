"""Putting rooms together: routes as they were declared, where `include_router` would make each a second time.

FastAPI keeps for an included route all that it knows of it twice (eleven megabytes of a process here), and
counts the routes of each room before it compares a request with them. So a room names its prefix, its tags
and its dependencies itself.
"""

from fastapi import APIRouter


def join(whole: APIRouter, *rooms: APIRouter) -> None:
    """Take the rooms' routes into `whole`, in this order, after its own."""
    for room in rooms:
        whole.routes.extend(room.routes)
