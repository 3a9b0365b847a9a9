"""Control: what the Administration looks on at, one case at a time or all on a topic, and why, until when.

What is on control is a state of the case, changed by the act `control` alone; an order of control is a row
that the worker carries out by that act, on what there is and on what is registered while the order stands.
"""
