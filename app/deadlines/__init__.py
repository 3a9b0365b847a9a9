"""When an appeal is registered, by when it must be answered, and why: calendar, regimes, ledger."""
