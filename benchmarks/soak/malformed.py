"""Many random malformed inputs: each gets a sentence or a finite answer.

Run as ``python -m benchmarks.soak.malformed --inputs 20000``; it prints JSON.
"""

import argparse
import json
from multiprocessing import Pool

from tests.malformed import try_one


def main():
    """Try them in several processes, and print the complaints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.inputs)
    with Pool(options.jobs) as pool:
        found = pool.imap_unordered(try_one, seeds, chunksize=50)
        complaints = [complaint for complaint in found if complaint]
    print(json.dumps({"inputs": options.inputs, "complaints": complaints[:20]}))
    if complaints:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
