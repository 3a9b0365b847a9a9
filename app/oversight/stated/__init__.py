"""Stated totals: what agencies said of the time before the service, kept as they said it.

They stand beside the figures that are counted here and are never mixed with them. Where the parts do not add
up to the total, both stay, and so does the difference.
"""
