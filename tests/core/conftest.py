"""Where the real data lies; tests that need it skip with one line where it is absent."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED_DATA.exists():
        pytest.skip("needs the real market data in ../shared/data")
    return SHARED_DATA


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each real Cboe chain."""
    if "cboe_file" in metafunc.fixturenames:
        files = sorted((SHARED_DATA / "cboe_chains").glob("*.csv.gz"))
        absent = pytest.param(None, marks=pytest.mark.skip(reason="needs ../shared/data/cboe_chains"))
        metafunc.parametrize("cboe_file", files or [absent], ids=[f.name for f in files] or ["absent"])
