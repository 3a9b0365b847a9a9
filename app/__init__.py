"""Listening State: appeals from the citizen to the ministry, and an answer in time."""

import gc

NEW_OBJECTS = 5_000
"""So many come together before Python looks for garbage among them: some sixteen requests'. By its own 700
it looks at every second or third, for a twelfth of their time, and while a program is loaded for a tenth of
it (docs/performance.md)."""

gc.set_threshold(NEW_OBJECTS)
