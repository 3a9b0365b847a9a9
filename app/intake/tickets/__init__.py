"""Call centres (109, 1414) and other sources with ids of their own: tickets in, their state out.

`(source, external_id)` is one appeal for ever. Consultations are calls that were answered on the spot: they
are counted, and are no appeals.
"""
