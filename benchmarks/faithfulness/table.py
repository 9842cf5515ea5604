"""What both faithfulness benchmarks write: a row for each method, seeds as a spread."""

from benchmarks import results

SHOWN = {
    "deletion_score": "deletion score",
    "conicity": "conicity",
    "permuted_change": "change, permuted",
}


def measure(report):
    """Take a report's numbers: value and interval of each, None where unknown."""
    return {
        each.name: [None if x != x else x for x in (each.value, each.low, each.high)]
        for each in report.measures
    }


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
