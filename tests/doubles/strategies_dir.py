"""Where the strategies of the tests stand: the folder that ``engine.strategies_dir`` names."""

from pathlib import Path

STRATEGIES_DIR = Path(__file__).parent / "strategies"
