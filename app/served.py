"""The application as a web process makes it."""

import gc

from fastapi import FastAPI

NEW_OBJECTS = 5_000
"""So many come together before Python looks for garbage among them: some sixteen requests'. By its own 700
it looks at every second or third, for a twelfth of their time (docs/performance.md)."""


def create_app() -> FastAPI:
    """What the application is made of stays: nobody need look through it for garbage, neither while it is
    made (a tenth of a start) nor ever after."""
    gc.disable()
    from app import main

    app = main.create_app()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    gc.enable()
    return app
