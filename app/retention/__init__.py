"""After its term what was written with an appeal is erased, and who wrote it; its figures and its sealed
history stay and say so (docs/decisions/0021)."""
