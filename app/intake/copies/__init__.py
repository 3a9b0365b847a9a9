"""A copy of everything that is held on an appeal, for its author."""
