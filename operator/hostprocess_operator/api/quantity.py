"""Kubernetes quantities: `500m`, `128Mi`, `1e3`, `2`. Reads and compares; never formats."""

import re
from decimal import ROUND_CEILING, Decimal
from typing import Final

# No sign: no field of ours can be negative. The exponent is bounded so that comparing stays cheap.
QUANTITY_PATTERN: Final = r"^([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?$"

_SMALLEST: Final = Decimal("1e-9")
_GREATEST: Final = Decimal(2**63 - 1)
_FORM: Final = re.compile(QUANTITY_PATTERN)
_FACTORS: Final = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal("1e3"),
    "M": Decimal("1e6"),
    "G": Decimal("1e9"),
    "T": Decimal("1e12"),
    "P": Decimal("1e15"),
    "E": Decimal("1e18"),
} | {f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)}


def parse_quantity(quantity: int | str) -> Decimal:
    """Return the number that a quantity stands for, in cores or bytes.

    Rounded up to the ninth decimal place and cut at 2**63 - 1, as Kubernetes does.

    Raises:
        ValueError: if the text is not a quantity.
    """
    form = _FORM.fullmatch(str(quantity))
    if form is None:
        raise ValueError("not a quantity: write a number with an optional unit, such as 500m or 128Mi")
    number, unit = form[1], form[3] or ""
    factor = _FACTORS.get(unit)
    value = Decimal(f"{number}{unit}") if factor is None else Decimal(number) * factor
    return min(value, _GREATEST).quantize(_SMALLEST, ROUND_CEILING)
