"""Code lists: categories and GPC references, fuels, gases, GWP sets, notation keys.

All of it is data (`*.csv` beside this file, `emission_factors/gwp.csv`); the modules only read and index.

    categories  CategoryTree: both forests in one depth-first numbering, and the mapping to IPCC, CRT, GPC
    fuels       Fuels: items of the energy statistics and of IPCC 2006 Table 1.2, with their broader fuel,
                and the livestock, crops, waste, products and gases of the other sectors
    technologies  Technologies: words that choose among factors, and what people call them
    gases       Gases: formula, family, names
    gwp         GwpTable: 100-year GWP by set, gas and origin of the carbon
    notation    NO NE NA IE C
    words       how a person's spelling is compared with ours
"""

from __future__ import annotations

from ghg_inventory.codes.categories import Category, CategoryTree, Counterpart
from ghg_inventory.codes.fuels import Fuel, Fuels
from ghg_inventory.codes.gases import Gas, Gases
from ghg_inventory.codes.gwp import Gwp, GwpTable
from ghg_inventory.codes.notation import NotationKey, notation_keys
from ghg_inventory.codes.technologies import Technologies, Technology

__all__ = [
    "Category",
    "CategoryTree",
    "Counterpart",
    "Fuel",
    "Fuels",
    "Gas",
    "Gases",
    "Gwp",
    "GwpTable",
    "NotationKey",
    "Technologies",
    "Technology",
    "notation_keys",
]
