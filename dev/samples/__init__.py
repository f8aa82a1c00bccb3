"""Small generated months, for a demo without a network."""
