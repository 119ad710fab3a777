"""Charts as inline SVG: small pure functions, the same bytes for the same numbers.

Every function takes plain numbers already in the unit of print, names, colours from `palette()` and a title
(spoken by screen readers), and returns Markup. Coordinates are CSS pixels; 640 wide fills a text column.
"""

from ghg_inventory.report.charts.bars import Series, ranking, stacked_bars
from ghg_inventory.report.charts.donut import donut
from ghg_inventory.report.charts.heat import heat_map
from ghg_inventory.report.charts.lines import lines

__all__ = ["Series", "donut", "heat_map", "lines", "ranking", "stacked_bars"]
