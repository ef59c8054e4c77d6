"""Training on the data of the HMS competition (Kaggle, 2024), laid out as they are downloaded."""
