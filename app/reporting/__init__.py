"""From report data to PDF bytes; knows no database."""
