"""
Sentences, word by word
=======================

A list of words is a sequence of one categorical channel: the network learns a vector
for each word, and its weights say on which words a prediction rests.
"""

# %%
# Reviews
# -------
#
# Made-up reviews of which one clause holds the verdict, "not" turns it round, and the
# rest is chatter. A bag of words cannot know what "not" belongs to.

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
# `~skattn.sequences.Tokenizer` makes lists of words and signs of them.

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
# The darker a word, the greater its weight in its sentence.

tokens = model[0].transform(X_test[:6])
display = AttentionDisplay.from_estimator(
    model[-1], tokens, kind="words", sample=None, y=y_test[:6]
)
plt.show()

# %%
# A notebook shows the same as HTML, in its own colours; the pointer on a word tells its
# weight. Weights often stand on "the" or on a sign and not on "not": the state of the
# LSTM there has read the words before, and with two directions those after it, too.

display

# %%
# The vectors of the words are a table. Its first row is for words that the classifier
# never saw, such as "gorgeous".

print(model[-1].embedding_frame().iloc[:4, :3].round(2))
