"""The index: bodies of the same volume put in an order, from published components and weights.

`definition`, `scoring` and `periods` are pure. A period that is over is closed by the worker and then
answered from what was kept, whatever happens
(docs/decisions/0018).
"""
