"""Personal reception: the schedule of a body's leaders, booking, and the record of each visit."""
