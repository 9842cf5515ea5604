"""Displays, after scikit-learn's contract: data first, matplotlib only to plot."""
