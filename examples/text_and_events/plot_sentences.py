"""
Sentences, word by word
=======================

The network is right about all of 300 new reviews, in which "not" turns the meaning
around; tf-idf with logistic regression is right about half of them.

A list of words is a sequence with one categorical channel. The network learns a vector
for each word, and the page shades the words by their weights.
"""

# %%
# Reviews
# -------
#
# The reviews are made up. One clause holds the verdict, "not" may turn it around, and
# the other clauses mean nothing. A bag of words does not know which clause "not"
# belongs to.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skattn import LSTMAttentionClassifier
from skattn.inspection import AttentionDisplay
from skattn.sequences import Tokenizer

GOOD, BAD = ["fine", "clever", "moving", "fresh"], ["dull", "clumsy", "empty", "stale"]
THINGS = ["film", "plot", "cast", "music", "ending"]
CHATTER = [
    "we saw it on a monday",
    "the room was not warm",
    "it runs for two hours",
    "the tickets were not cheap",
]


def make_reviews(n_reviews, seed):
    random = np.random.default_rng(seed)
    reviews, verdicts = [], []
    for _ in range(n_reviews):
        good, turned = random.random(2) < 0.5
        word = random.choice(GOOD if good else BAD)
        clause = f"the {random.choice(THINGS)} is {'not ' if turned else ''}{word}"
        clauses = [clause, *random.choice(CHATTER, random.integers(1, 3))]
        reviews.append(", ".join(random.permutation(clauses)) + ".")
        verdicts.append("good" if good != turned else "bad")
    return reviews, np.array(verdicts)


X, y = make_reviews(600, seed=0)
X_test, y_test = make_reviews(300, seed=1)
print(X[0], "->", y[0])

# %%
# `~skattn.sequences.Tokenizer` turns each review into a list of words and signs.

model = make_pipeline(
    Tokenizer(), LSTMAttentionClassifier(hidden_size=32, max_epochs=10, random_state=0)
).fit(X, y)
words = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(X, y)
print(f"attention:                      {model.score(X_test, y_test):.2f}")
print(f"tf-idf and logistic regression: {words.score(X_test, y_test):.2f}")

# %%
# Which words
# -----------
#
# The stronger the colour of a word, the larger is its weight in its sentence.

tokens = model[0].transform(X_test[:6])
display = AttentionDisplay.from_estimator(
    model[-1], tokens, kind="words", sample=None, y=y_test[:6]
)
plt.show()

# %%
# In a notebook the display is HTML, and hovering over a word shows its weight.
#
# The weight often lies on "the" or on a sign, and not on "not". The state of the LSTM
# at this word has read the words before it, and in the other direction those after it.

display

# %%
# Word vectors
# ------------
#
# ``embedding_frame`` returns the vectors as a table. Its first row is for words that
# were not in the training data, such as "gorgeous".

print(model[-1].embedding_frame().iloc[:4, :3].round(2))
