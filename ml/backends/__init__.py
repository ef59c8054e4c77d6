"""Engines that run a trained network; nothing outside this package imports one of them."""
