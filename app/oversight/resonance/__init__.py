"""Resonance: where many people write of one thing at once, or of ever more of it over weeks, and what is
done about it as a whole (docs/oversight-resonance.md)."""
