"""Filters over listings: what a person asks for, and the rows that answer it."""
