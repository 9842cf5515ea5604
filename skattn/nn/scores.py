"""Score functions: how well does a query match each key (the first of three stages)."""

import torch
from torch import Tensor, nn


class AdditiveScore(nn.Module):
    r"""Additive score: :math:`v^\top \tanh(W_q q + W_k k + b)`.

    Parameters
    ----------
    query_size : int or None
        Size of a query. None for a score without a query: then :math:`v` is itself
        the learned query (the "context vector" of Yang et al.), and the score is
        :math:`v^\top \tanh(W_k k + b)`.
    key_size : int
        Size of a key.
    attention_size : int, default=None
        Size of the hidden layer; ``key_size`` if None.

    References
    ----------
    D. Bahdanau, K. Cho and Y. Bengio (2015). Neural machine translation by jointly
    learning to align and translate. ICLR.

    Z. Yang, D. Yang, C. Dyer, X. He, A. Smola and E. Hovy (2016). Hierarchical
    attention networks for document classification. NAACL.
    """

    def __init__(
        self, query_size: int | None, key_size: int, attention_size: int | None = None
    ) -> None:
        super().__init__()
        size = key_size if attention_size is None else attention_size
        self.query_projection = (
            None if query_size is None else nn.Linear(query_size, size, bias=False)
        )
        self.key_projection = nn.Linear(key_size, size)
        self.score_projection = nn.Linear(size, 1, bias=False)

    def forward(self, query: Tensor | None, key: Tensor) -> Tensor:
        """Score every key against every query.

        Parameters
        ----------
        query : Tensor of shape (n_samples, n_queries, query_size) or None
            None where the score was made without a query.
        key : Tensor of shape (n_samples, n_steps, key_size)
            The keys.

        Returns
        -------
        Tensor of shape (n_samples, n_queries, n_steps)
            The scores; ``n_queries`` is 1 without a query.
        """
        hidden = self.key_projection(key)[:, None]  # (n, 1, n_steps, size)
        if self.query_projection is not None:
            hidden = hidden + self.query_projection(query)[:, :, None]
        return self.score_projection(torch.tanh(hidden)).squeeze(-1)
