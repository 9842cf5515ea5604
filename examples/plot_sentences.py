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

tokens = model[0].transform(X_test[:3])
weights = model[-1].predict_attention(tokens, as_list=True)
figure, axes = plt.subplots(3, figsize=(9, 4.5), layout="constrained")
for axis, sentence, weight in zip(axes, tokens, weights, strict=True):
    axis.bar(range(len(sentence)), weight, color="tab:blue")
    axis.set_xticks(range(len(sentence)), sentence, rotation=35, ha="right")
    axis.set_ylabel("weight")
plt.show()

# %%
# The vectors of the words are a table. Its first row is for words that the classifier
# never saw, such as "gorgeous".

print(model[-1].embedding_frame().iloc[:4, :3].round(2))
