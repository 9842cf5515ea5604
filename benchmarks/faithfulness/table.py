"""What both faithfulness benchmarks write: a row for each method, seeds as a spread."""

from benchmarks import results

SHOWN = {
    "old_deletion_score": "old score",
    "deletion_score": "deletion score",
    "insertion_score": "insertion score",
    "additivity": "additivity",
    "conicity": "conicity",
    "permuted_change": "change, permuted",
}


def measure(report):
    """Take a report's numbers: value and interval of each, None where unknown."""
    numbers = {each.name: (each.value, each.low, each.high) for each in report.measures}
    numbers["old_deletion_score"] = (score_all_points(report.deletion),)
    for name, deletion, insertion in report.rankings:
        numbers |= {f"{name}_deletion": deletion, f"{name}_insertion": insertion}
    return {
        name: [None if x != x else float(x) for x in values]
        for name, values in numbers.items()
    }


def score_all_points(curves):
    """Compute the score that counts all points of a curve, as it was until 0.2."""
    base = curves.random.mean()
    return (curves.attention.mean() - base) / (curves.greedy.mean() - base)


def save(name, rows, keys, errors, notes, shown=None):
    """Write the result file.

    Parameters
    ----------
    name : str
        Of the file, without its ending.
    rows : list of dict
        One a fit and report, with ``measures`` as `measure` gives them.
    keys : dict of str
        What tells the table's rows apart: from the key in ``rows`` to its head.
    errors : dict of tuple
        Other numbers to show: from the key in ``rows`` to its head and its digits.
    notes : list of str
        Sentences below the table.
    shown : list of dict, default=None
        The rows that the table is made from; None for all.
    """
    shown = rows if shown is None else shown
    table = []
    for group in dict.fromkeys(tuple(row[key] for key in keys) for row in shown):
        runs = [row for row in shown if tuple(row[key] for key in keys) == group]
        numbers = [
            ([run[key] for run in runs], digits) for key, (_, digits) in errors.items()
        ]
        numbers += [([run["measures"][key][0] for run in runs], 2) for key in SHOWN]
        cells = [
            "" if None in values else results.spread(values, digits)
            for values, digits in numbers
        ]
        table.append([*group, *cells, str(len(runs))])
    columns = [*keys.values(), *(head for head, _ in errors.values())]
    columns += [*SHOWN.values(), "seeds"]
    results.save(name, rows, columns, table, notes=notes)
