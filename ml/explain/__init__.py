"""What a label rested on: which regions, seconds and bands of one window moved the ensemble's probability, and by how much."""
