"""`python -m ghg_inventory.cli`: the same as `ghg`."""

from __future__ import annotations

from ghg_inventory.cli import main

if __name__ == "__main__":
    main()
