"""Published cases, carried over with their provenance, and how each becomes records and own factors.

book: a case is records, own factors and an expected number; it runs in a workspace through import, compile and totals.
city, peer, landfill, residues, ceads, targets: readers of one file each. units.csv, codes.csv: what a published
unit or code stands for, where the page says it and the text alone does not.
"""
