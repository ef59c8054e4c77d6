"""Tables of people and paper, by subject; doors never import them."""
