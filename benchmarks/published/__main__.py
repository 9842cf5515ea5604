"""Run all published tables, or those that are named: see `make accuracy`."""

import argparse
from importlib import import_module

from benchmarks.published.table import Table

TABLES = (
    "electricity",
    "quantiles",
    "intervals",
    "cmapss",
    "epf",
    "etth1",
    "m4",
    "vowels",
)


def main() -> None:
    """Run tables one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", default=TABLES, metavar="TABLE")
    parser.add_argument("--quick", action="store_true", help="a small form of each")
    parser.add_argument(
        "--methods", default="", help="renew only methods whose name holds this text"
    )
    options = parser.parse_args()
    Table.only = options.methods
    for name in options.tables:
        import_module(f"benchmarks.published.{name}").main(options.quick)


if __name__ == "__main__":
    main()
