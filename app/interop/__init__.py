"""From results to the formats of others: pure functions, no database."""
