"""ghg-inventory: a greenhouse-gas inventory compiler for a city and its counties.

The rooms, from the bottom: errors, tables, units, codes and areas, formula, methods, factors and
activity, inventory, indicators and checks, store and report, pipeline, cli. Imports only go downwards.
"""

__version__ = "0.1.0"
