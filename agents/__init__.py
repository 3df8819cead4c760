"""The learners: policies, meta-training and evaluation. Never imports pygame."""
