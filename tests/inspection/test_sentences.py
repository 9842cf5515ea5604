"""What a report says at which numbers."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from skattn.inspection import FaithfulnessReport
from skattn.inspection import _report as report_of


def around(value):
    return report_of.Estimate(value, value - 0.01, value + 0.01)


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (around(0.8), "nearly all of the effect"),
        (around(0.79), "much of the effect"),
        (around(0.5), "much of the effect"),
        (around(0.49), "some of the effect"),
        ((0.0, -0.1, 0.1), "no more effect than in"),
        ((0.1, 0.0, 0.2), "no more effect than in"),
        ((-0.1, -0.2, 0.0), "no more effect than in"),
        ((-0.1, -0.2, -0.01), "less effect than in"),
        ((np.nan, np.nan, np.nan), "does not change the predictions at all"),
    ],
)
def test_scores(score, words):
    assert words in report_of.describe_score(report_of.Estimate(*score), "Replacing")


@pytest.mark.parametrize(
    ("tau", "random", "words"),
    [
        (around(0.6), 0.0, "agrees well"),
        (around(0.59), 0.0, "agrees moderately well"),
        (around(0.3), 0.0, "agrees moderately well"),
        (around(0.29), 0.0, "agrees slightly"),
        ((0.9, 0.5, 1.0), 0.5, "no better than random"),
        ((0.9, 0.51, 1.0), 0.5, "agrees well"),
        ((np.nan, np.nan, np.nan), 0.0, "do not rank the steps"),
    ],
)
def test_agreement(tau, random, words):
    assert words in report_of.describe_agreement(
        report_of.Estimate(*tau), random, "occlusion"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (0.0, "do not change at all"),
        (0.0199, "hardly change (2.0% of their spread)"),
        (0.02, "change by 2% of their spread"),
        (0.5, "change by 50% of their spread"),
    ],
)
def test_changes(change, words):
    assert words in report_of.describe_change(
        report_of.Estimate(change, change, change), "equal weights"
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.8, "hardly differ"),
        (0.79, "moderately similar"),
        (0.5, "moderately"),
        (0.49, "can choose"),
    ],
)
def test_conicity(value, words):
    assert words in report_of.describe_conicity(around(value), False)
    assert "similar states do no harm" in report_of.describe_conicity(
        around(value), True
    )


def test_shares():
    assert report_of.describe_share(report_of.Estimate(1.0, 1.0, 1.0)).startswith(
        "All of a prediction"
    )
    sentence = report_of.describe_share(around(0.75))
    assert sentence.startswith("75% of the variation")
    assert "25% goes through anchor" in sentence


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.6, "agree ("), (0.59, "moderately"), (0.3, "moderately"), (0.29, "do not")],
)
def test_seeds(value, words):
    assert words in report_of.describe_seeds(around(value), 3)


class Line(NamedTuple):
    name: str
    value: float
    low: float = np.nan
    high: float = np.nan
    random: float = np.nan
    sentence: str = "So it is."


def make_report(score, low, share=1.0, inserted=0.5):
    lines = (
        Line("deletion_score", score, low, 1.0, 0.0),
        Line("insertion_score", inserted),
        Line("attended_share", share),
    )
    return FaithfulnessReport(lines, np.zeros(2), None, None, 3, "Title")


@pytest.mark.parametrize(
    ("score", "low", "share", "words"),
    [
        (0.8, 0.7, 1.0, "can be read as what"),
        (0.8, 0.7, np.nan, "can be read as what"),
        (0.79, 0.7, 1.0, "with care"),
        (0.2, 0.1, 1.0, "with care"),
        (0.19, 0.1, 1.0, "Do not read"),
        (0.9, 0.0, 1.0, "Do not read"),
        (0.9, np.nan, 1.0, "Do not read"),
        (0.9, 0.01, 0.5, "can be read as what"),
        (0.9, 0.01, 0.49, "the smaller share of the predictions: 49%"),
    ],
)
def test_verdicts(score, low, share, words):
    report = make_report(score, low, share)
    assert words in report.verdict
    assert report.deletion_score == score
    assert report.insertion_score == 0.5


def test_what_is_not_put_back_is_read_with_care():
    assert "with care" in make_report(0.9, 0.7, inserted=0.49).verdict


def test_the_ranking_to_show_has_the_best_lower_score():
    sure, unsure = report_of.Estimate(0.9, 0.8, 1.0), report_of.Estimate(0.6, 0.5, 0.7)
    rankings = (
        report_of.Ranking("weights", around(0.7), sure),
        report_of.Ranking("size", sure, sure),
        report_of.Ranking("signed", sure, unsure),
    )
    report = replace(make_report(0.7, 0.6), rankings=rankings)
    assert report.recommended == "size"
    assert "The ranking to show is ranking='size'." in str(report)
    assert "signed" in str(report)
    none = replace(report, rankings=(rankings[0], rankings[0]))
    assert none.recommended is None
    assert "None of the rankings may be shown" in str(none)


def test_a_report_is_a_table_with_sentences_under_it():
    lines = str(make_report(0.8, 0.7)).splitlines()
    assert lines[:7] == [
        "Title",
        "",
        "measure              value       95 % interval   random",
        "deletion_score       0.800    [ 0.700,  1.000]    0.000",
        "insertion_score      0.500                            -",
        "attended_share       1.000                            -",
        "",
    ]
    assert "deletion_score: So it is." in lines
