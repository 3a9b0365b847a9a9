"""What people of the state put in by hand: letters, visits, calls, messages of social networks; and what
higher bodies send down, with their own numbers and days of control.
"""
