"""The application as a web process makes it."""

import gc

from fastapi import FastAPI


def create_app() -> FastAPI:
    """What the application is made of stays: nobody need look through it for garbage, neither while it is
    made (a tenth of a start) nor ever after."""
    gc.disable()
    from app import main

    app = main.create_app()
    gc.freeze()
    gc.enable()
    return app
