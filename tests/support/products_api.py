"""An answer such as dummyjson.com's: three brands, a product without one, and nested parts."""

from __future__ import annotations

import json
from typing import Any

PRODUCTS: list[dict[str, Any]] = [
    {"id": 1, "title": "Mascara", "category": "beauty", "brand": "Essence", "price": 9.99},
    {"id": 2, "title": "Palette", "category": "beauty", "brand": "Glamour", "price": 19.99},
    {"id": 3, "title": "Nail Polish", "category": "beauty", "brand": "Essence", "price": 8},
    {"id": 4, "title": "Table", "category": "furniture", "brand": "Annibale", "price": 1899.99},
    {"id": 5, "title": "Apple", "category": "groceries", "price": 1.99, "tags": ["fruits"]},
]

BODY = json.dumps({"products": PRODUCTS, "total": 194, "skip": 0, "limit": 5}).encode()

AVERAGE_PRICES = [
    {"brand": "Annibale", "average_price": 1899.99, "products": 1},
    {"brand": "Glamour", "average_price": 19.99, "products": 1},
    {"brand": "Essence", "average_price": 9.0, "products": 2},
]
CATEGORIES = {"beauty": 3, "furniture": 1, "groceries": 1}
