"""Soft rules: what the API accepts and Windows ignores, or what bites later.

A soft rule refuses nothing. Each module holds those about one part of a spec.
"""
