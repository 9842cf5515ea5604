"""Words shaded by their weights: the picture, the HTML, and what is refused."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_rgb

from skattn import LSTMAttentionClassifier
from skattn.inspection import AttentionDisplay
from skattn.inspection import _plot_common as common
from skattn.sequences import Sequences

WORDS = [["not", "a", "dull", "film"], ["dull"], ["fine", "film", "$5", "<b>"]]
WEIGHTS = np.array([[0.1, 0.0, 0.6, 0.3], [1.0, np.nan, np.nan, np.nan], [0.25] * 4])


def show(**options):
    return AttentionDisplay.from_weights(WEIGHTS, WORDS, kind="words", **options)


def test_the_greatest_weight_of_a_sentence_is_darkest():
    display = show()
    assert [text.get_text() for text in display.texts_] == WORDS[0]
    papers = [to_rgb(t.get_bbox_patch().get_facecolor()) for t in display.texts_]
    blue = np.array(to_rgb(common.BLUE))
    shares = (1 - np.array(papers)) / (1 - blue)  # of blue in the paper
    expected = 0.55 * np.array([0.1, 0, 0.6, 0.3]) / 0.6
    np.testing.assert_allclose(shares, np.tile(expected, (3, 1)).T, atol=1e-12)
    assert display.axes_.tolist() == [display.ax_]


def test_all_sentences_fit_into_their_figure_and_lines_into_given_axes():
    display = show(sample=None)
    assert [text.get_text() for text in display.texts_] == [w for r in WORDS for w in r]
    long = [["word"] * 90]
    figure, (left, _) = pyplot.subplots(1, 2, figsize=(9, 4))
    display = AttentionDisplay.from_weights(
        np.full((1, 90), 1 / 90), long, kind="words", ax=left
    )
    figure.canvas.draw()
    edge, boxes = left.get_window_extent(), []
    for text in display.texts_:
        boxes.append(text.get_window_extent())
        assert edge.x0 <= boxes[-1].x0 < boxes[-1].x1 <= edge.x1
        assert edge.y0 <= boxes[-1].y0
    assert len({round(box.y0) for box in boxes}) > 4


def test_labels_stand_above_the_words():
    display = show(y=["good", "bad", "good"], y_pred=[1, 0, 1], sample=1)
    written = [text.get_text() for text in display.ax_.findobj(pyplot.Text)]
    assert "predicted 0, true bad" in written


class Spans(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self.alphas = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        found = re.search(
            r"rgba\(0, 114, 178, ([\d.]+)\)", dict(attrs).get("style", "")
        )
        if tag == "span":
            self.alphas.append(float(found[1]))

    def handle_data(self, data):
        self.texts.append(data)


def test_html_is_escaped_and_has_the_same_shades():
    display = AttentionDisplay(WEIGHTS, words=WORDS, y_true=["<i>", "&", "good"])
    html = display._repr_html_()  # not drawn: all samples, and no matplotlib needed
    assert not hasattr(display, "ax_")
    spans = Spans(html)
    assert {*spans.tags} == {"div", "span"}
    assert {"<b>", "$5", "true <i>", "true &"} <= {*spans.texts}
    shades = np.array([0.1 / 0.6, 0, 1, 0.5, 1, 1, 1, 1, 1])
    np.testing.assert_allclose(spans.alphas, 0.55 * shades, atol=6e-4)
    assert 'title="0.600"' in html
    assert "color:" not in html  # the page's own


def luminance(colour):
    share = np.asarray(colour)
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize(("page", "text"), [(1.0, 0.1), (0.07, 0.8)])
def test_text_can_be_read_on_light_and_dark_pages(page, text):
    paper = 0.55 * np.array(to_rgb(common.BLUE)) + 0.45 * page
    low, high = sorted([luminance(paper), luminance(np.full(3, text))])
    assert (high + 0.05) / (low + 0.05) > 4.5  # WCAG 2.1, level AA


def test_html_follows_what_was_drawn_last():
    display = show(sample=1)
    assert "dull" in display._repr_html_()
    assert "film" not in display._repr_html_()
    assert display.plot("samples")._repr_html_() is None
    assert AttentionDisplay(np.full((2, 3), 1 / 3))._repr_html_() is None


def test_an_estimator_is_asked_for_weights_by_word_and_for_labels():
    y = ["good", "bad", "good"]
    model = LSTMAttentionClassifier(max_epochs=1, hidden_size=4, random_state=0)
    model.set_params(patch_size=2)
    model.fit(WORDS * 5, y * 5)
    for X in (WORDS, Sequences(WORDS)):
        display = AttentionDisplay.from_estimator(model, X, kind="words", y=y)
        listed = model.predict_attention(X, as_list=True)
        for row, weights in zip(display.weights, listed, strict=True):
            np.testing.assert_array_equal(row[np.isfinite(row)], weights)
        np.testing.assert_array_equal(display.y_pred, model.predict(X))


def test_an_empty_token_is_seen():
    display = AttentionDisplay.from_weights([[1.0]], [[""]], kind="words")
    assert [text.get_text() for text in display.texts_] == ["(empty)"]


@pytest.mark.parametrize(
    ("weights", "words", "options", "message"),
    [
        (WEIGHTS, None, {}, r"kind='words' needs X, a list of lists of words"),
        (WEIGHTS, np.ones((3, 4, 1)), {}, r"needs X, a list of lists of words"),
        (WEIGHTS[:, :3], WORDS, {}, r"X\[0\] has 4 words, but there are 3 weights"),
        (-WEIGHTS, WORDS, {}, r"weights\[0\] holds -0.6.*from 0 on"),
        (WEIGHTS, WORDS[:2], {}, r"words has 2 samples, but weights has 3"),
        (WEIGHTS, WORDS, {"sample": 3}, r"sample=3 must be an integer from -3 to 2"),
        (WEIGHTS, WORDS, {"y": ["good"]}, r"y has shape \(1,\); allowed is one label"),
        (np.ones((3, 2, 4)), WORDS, {}, r"kind='words' shows weights with 2 axes"),
    ],
)
def test_what_does_not_fit_is_refused(weights, words, options, message):
    with pytest.raises(ValueError, match=message):
        AttentionDisplay.from_weights(weights, words, kind="words", **options)
