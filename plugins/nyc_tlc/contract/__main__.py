"""``python -m nyc_tlc.contract`` prints docs/data-contract.md."""

from __future__ import annotations

import sys

from nyc_tlc.contract.document import document

if __name__ == "__main__":
    sys.stdout.write(document())
