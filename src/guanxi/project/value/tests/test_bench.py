"""The bench of the models, small: its figures are true, and the package used most gives the same values."""

import re

import pytest

from guanxi.project.value import bench


def test_each_line_measures_what_it_says() -> None:
    fitted = bench._cdnow()
    assert (fitted.size, fitted.result) == ("2,357 customers", "LL -9582.4") and 0 < fitted.seconds < 5
    assert re.fullmatch(r"mean value \d+\.\d\d", bench._scored(3_000).result)
    assert re.fullmatch(r"[\d,]+ customers/s", bench._pareto(2_000).result)
    found = re.fullmatch(r"gap (\d+\.\d\d) %", bench._allocated(20_000).result)
    assert found is not None and float(found.group(1)) < 0.5
    assert bench._coverage(3).result.count("%") == 4
    assert str(fitted).count("|") == len(bench.HEAD[0].split("|")) - 1


@pytest.mark.filterwarnings("ignore")
def test_lifetimes_values_the_customers_alike() -> None:
    """A reference that nobody here wrote: its months are discounted at their ends, ours day by day."""
    line = bench._beside_lifetimes(2_000)
    found = re.fullmatch(r"\d+ × faster, mean value ([\d.]+) and ([\d.]+)", line.result)
    assert found is not None
    assert float(found.group(1)) == pytest.approx(float(found.group(2)), rel=0.01)
