"""`make bench`: how fast the store is, beside a CouchDB where an address is given.

Never part of the tests: a figure of one machine proves nothing, only ratios of one run do.
"""
