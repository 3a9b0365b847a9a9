"""What is shown, as a file: CSV for programs, XLSX for people. docs/oversight.md, "Exports"."""
