"""Learners, meta-training and evaluation. Nothing here imports pygame."""
