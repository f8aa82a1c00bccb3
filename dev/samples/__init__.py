"""Small generated months, for the demo without a network."""
