"""Replicas: what a person may replicate from the office, and the laptop that does it."""
