"""A sample of answers checked against a form by two people, neither of whom knows what the other says.

Drawn at random, agency by agency, and in a way that anybody can repeat; the list that was drawn is kept. How
far the two agree says how far the form can be trusted.
"""
