"""Questions: answers that are given so often that they are written down (FAQ), searched before a question is
registered as an appeal.
"""
