"""Quantities compare as Kubernetes compares them."""

from decimal import Decimal

import pytest

from hostprocess_operator.api.quantity import parse_quantity


@pytest.mark.parametrize(
    ("quantity", "number"),
    [
        pytest.param(2, "2", id="a number"),
        pytest.param("0.5", "0.5", id="a fraction"),
        pytest.param(".5", "0.5", id="a fraction without a leading digit"),
        pytest.param("5.", "5", id="a point at the end"),
        pytest.param("500m", "0.5", id="thousandths"),
        pytest.param("1k", "1000", id="a decimal unit"),
        pytest.param("1Ki", "1024", id="a binary unit"),
        pytest.param("128Mi", "134217728", id="mebibytes"),
        pytest.param("1.5Gi", "1610612736", id="a fraction of a unit"),
        pytest.param("1e3", "1000", id="an exponent"),
        pytest.param("1E", "1e18", id="E without digits is a unit"),
        pytest.param("1E3", "1000", id="E with digits is an exponent"),
        pytest.param("1e-12", "1e-9", id="less than the smallest is rounded up"),
        pytest.param("99Ei", str(2**63 - 1), id="more than the greatest is cut"),
    ],
)
def test_a_quantity_is_a_number(quantity, number):
    assert parse_quantity(quantity) == Decimal(number)


@pytest.mark.parametrize("text", ["", "Mi", "1Mb", "one", "1 Mi", "1.2.3", "-1", "1e", "0x1"])
def test_what_is_no_quantity_is_refused(text):
    with pytest.raises(ValueError, match="not a quantity"):
        parse_quantity(text)
