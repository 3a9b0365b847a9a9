"""Who of the staff read which case: kept with each reading, shown to the applicant by body and day."""
