"""The pointer: which step of a sequence, or which steps in turn."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.base import _fit_context
from sklearn.metrics import accuracy_score
from sklearn.utils import Tags

from ._base import BaseLSTMAttention
from ._constraints import POINTER_CONSTRAINTS
from .targets import Steps, Target
from .training import SequenceDataset, TrainingSamples


class LSTMAttentionPointer(BaseLSTMAttention):
    """LSTM with attention whose answer is a step, or several steps in turn.

    When did the fault begin, which beat is the odd one, in which order do they come? An
    LSTM reads a sequence, and attention scores each of its states; the weights are the
    answer [1]_. Where several steps are asked for, an LSTM finds one after the other,
    and reads what the one before it pointed to.

    Parameters
    ----------
    n_timesteps : int, default=None
        Steps into which a flat row of X is cut, time-major, so that
        ``n_features / n_timesteps`` channels remain. None: one channel, a step a
        column. Ignored for 3-D X and lists of 2-D arrays.

    padding_value : float, default=None
        What fills an array behind the end of shorter sequences: steps at the end
        whose channels all hold it are no part of the sequence. It may be NaN. The
        same value earlier is data. Ignored for lists.

    missing : {"error", "mask", "forward", "decay"}, default="error"
        What to do with NaN in a sequence: refuse it, take the channel's mean, or the
        last value seen (the mean before the first). With "decay" the last value decays
        to the mean with the time since, at a rate that each channel learns [4]_;
        steps are one apart if X has no times. All but "error" tell the LSTM by an
        indicator for each channel which values were missing [2]_.

    categorical_features : "from_dtype", array-like or None, default="from_dtype"
        Channels that hold categories: names, numbers, or a boolean mask. For each
        category the network learns a vector. "from_dtype": channels that hold text, and
        columns of frames of type category, string or, unless frames are flat, bool; a
        list of lists of words is one such channel. Whole numbers are numbers unless
        they are named. Columns of static features are categories by their type alone.
        What is missing is a category of its own if it is so in `fit`.

    min_frequency : int or float, default=None
        How often, or in which share of the steps, a category must come to have a vector
        of its own. Rarer ones share the vector of what is unknown, which categories
        that `fit` did not see have as well. Without rare ones, that vector is trained
        by taking categories for unknown now and then: one that comes ``n`` times, in
        ``0.25 / (n + 0.25)`` of the cases (Kiperwasser and Goldberg 2016).

    embedding_size : int or "auto", default="auto"
        Numbers in the vector of a category. "auto" is ``1.6 * n ** 0.56`` for ``n``
        categories, at most 128, for each channel by itself; with ``embeddings`` it is
        their size.

    embeddings : mapping, default=None
        Vectors to start from, by category; for several channels, such mappings by the
        name or number of the channel, or one for all. Categories without a vector
        start near the mean of the others.

    scale_inputs : bool, default=True
        Standardise each channel by its mean and standard deviation over the real
        steps of the training part.

    hidden_size : int, default=64
        Units of the LSTM in each direction.

    num_layers : int, default=1
        LSTM layers on top of each other.

    bidirectional : bool, default=True
        Whether a second LSTM reads each sequence from its end, so that a step is known
        by what comes before and after it.

    dropout : float, default=0.0
        Share of units dropped in training, between layers.

    attention : {"additive", "cosine", "dot", "general", "location", "scaled_dot"}, \
            default="additive"
        How a query is scored against each state, as in `LSTMAttentionClassifier`.
        "location" has a fixed number of steps.

    n_heads : int, default=1
        Parts into which query, states and values are cut, each with weights of its
        own, whose mean is the answer; divides the size of a state.

    self_attention_heads : int, default=0
        Heads of a self-attention, with residual and layer norm, between encoder
        and attention; divides the size of a state. 0 for none.

    positions : {None, "sinusoidal", "scaled_sinusoidal", "learned"}, default=None
        Tell self-attention and scores where each step stands, by what is added to the
        states that they read: sines and cosines of its number, these at a size that is
        learned, or a vector learned for each step. The LSTM knows the order by itself;
        attention over its states does not. Longer sequences than in `fit` are refused
        with "learned".

    tolerance : int, default=0
        Steps by which an answer may miss and still count in `score`.

    optimizer : {"adam", "adamw", "rmsprop", "sgd"}, default="adamw"
        The optimiser.

    learning_rate : float or "auto", default="auto"
        Step size of the optimiser: the first one, or with "one_cycle" the largest.
        "auto" is 0.01, or 0.003 where steps differ little from each other.

    lr_schedule : {"cosine", "one_cycle", "plateau"} or None, default="one_cycle"
        How the learning rate changes: along a cosine to 0 at ``max_epochs``, up and
        down again in one cycle, or halved when the validation loss (without one, the
        training loss) has not improved for 5 epochs. None keeps it. `partial_fit`
        keeps it in any case.

    weight_decay : float or "auto", default="auto"
        Strength of the decay towards 0 of the LSTM's weight matrices; biases, attention
        and output layers do not decay. "adamw" shrinks weights apart from its steps
        [3]_, by ``learning_rate * weight_decay`` in each; the others add the decay to
        the gradient. "auto" is 1 with "adamw" and a rate
        that falls to 0, along "one_cycle" or "cosine", else 0; so `partial_fit` does
        not decay.

    gradient_clip : float, default=1.0
        Largest norm of the gradient; None does not clip.

    batch_size : int or "auto", default="auto"
        Samples in one step of the optimiser. "auto" is the largest power of 2 with
        which a pass has 32 steps, but at least 16 and at most 256.

    max_epochs : int or "auto", default="auto"
        Most passes through the training samples. "auto" is what makes 1,500 steps of
        the optimiser, but at least 30.

    early_stopping : bool or "auto", default="auto"
        Set a validation part aside, stop when its loss has not improved for
        ``n_iter_no_change`` epochs, and keep the weights of the best epoch. With
        "one_cycle", whose last epochs are its best, all epochs run. "auto" is False.

    validation_fraction : float, default=0.1
        Share of the samples (of the groups, if given) to set aside.

    validation_split : {"random", "tail"} or CV splitter, default="random"
        Which samples to set aside: random ones; the last ones, less the windows that
        share steps with them (the number of steps over the stride, which is seen from
        what neighbours share, and 1 if they share nothing); or the last split of a
        splitter, whose own ``random_state`` then counts. With the index of
        `make_windows` as ``groups``, "tail" takes the last times of all series, and
        "random" whole series.

    n_iter_no_change : int, default=10
        Epochs without improvement before early stopping.

    tol : float, default=1e-4
        Relative improvement of the validation loss that counts.

    callbacks : list of skorch callbacks, default=None
        Called in training, before early stopping, as skorch calls them: not copies, so
        that what they record can be read afterwards. They see targets
        ``(n_samples, horizon, 1)``.

    checkpoint : str or path-like, default=None
        Folder in which `fit` keeps a file after each epoch, named by a digest of data
        and parameters. After a crash, `fit` with the same data and parameters continues
        from there and ends with the same bits. The file is removed at the end. Needs
        ``random_state`` and safetensors; `partial_fit` ignores it.

    warm_start : bool, default=False
        Let `fit` continue from the weights and scales of the last call, instead of
        starting anew. Parameters of the network must then stay as they were.

    device : str or torch.device, default="auto"
        Where to compute. "auto" takes CUDA if there is one, else the CPU;
        of several CUDA devices, the processes of a pool take theirs in turn, such as
        those of ``n_jobs``.

    random_state : int, RandomState instance or None, default=None
        Source of initial weights, order of samples, dropout masks and random
        validation part. The same int trains the same bits on one machine, with any
        number of threads. Neither NumPy's nor torch's global state is touched; None
        takes fresh entropy.

    verbose : int, default=0
        1 shows a progress bar, 2 a line an epoch.

    store_attention : bool, default=True
        Keep the attention weights of the training data in ``attention_weights_``.

    Attributes
    ----------
    attention_weights_ : ndarray of shape (n_samples, horizon, n_timesteps)
        Weights of the samples given to the last call of `fit` or `partial_fit`, in
        their order; as `predict_attention` gives them. Only with ``store_attention``.

    best_validation_loss_ : float or None
        Least validation loss in the last call, the mean negative logarithm of the true
        step's weight; None if nothing was set aside, as by `partial_fit`.

    categories_ : dict of ndarray
        By channel, its categories in the order of their codes; see `embedding_frame`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X, if X was a data frame with string names.

    fit_summary_ : FitSummary
        Mapping from each parameter that was "auto" in the first call to the value
        chosen and the reason; prints as a table.

    history_ : dict of list
        ``train_loss``, ``learning_rate`` and ``seconds`` of each epoch, and
        ``validation_loss`` if a part was ever set aside; NaN where an epoch had none.

    embedding_size_, bidirectional_, positions_, dropout_, learning_rate_, \
    weight_decay_, batch_size_, max_epochs_, \
    early_stopping_ : int, float, bool, str or None
        The values that the last call used, those chosen for "auto" included.

    module_ : torch.nn.Module
        The trained network.

    n_channels_in_ : int
        Channels of X.

    n_features_in_ : int
        Columns of a flat X, channels of a 3-D X or a list.

    n_iter_ : int
        Epochs trained, those of earlier calls that training continued from included.

    n_timesteps_in_ : int
        Time steps of X; of a list, those of its longest sequence.

    net_ : skorch.NeuralNet
        The skorch net that trained the network.

    resumed_from_epoch_ : int
        Epochs of an interrupted fit that the last call took over from ``checkpoint``;
        0 if it started by itself.

    static_categories_ : dict of ndarray
        By static column, its categories in the order of their codes.

    static_names_in_ : ndarray of str
        Names of static features, if they came as a frame in `Sequences`.

    References
    ----------
    .. [1] O. Vinyals, M. Fortunato and N. Jaitly (2015). Pointer networks. NeurIPS.

    .. [2] Z. Lipton, D. Kale and R. Wetzel (2016). Directly modeling missing data in
           sequences with RNNs. MLHC.

    .. [3] I. Loshchilov and F. Hutter (2019). Decoupled weight decay regularization.
           ICLR.

    .. [4] Z. Che, S. Purushotham, K. Cho, D. Sontag and Y. Liu (2018). Recurrent neural
           networks for multivariate time series with missing values. Scientific
           Reports 8.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn import LSTMAttentionPointer
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 8))
    >>> y = X.argmax(axis=1)  # which step is the largest?
    >>> model = LSTMAttentionPointer(hidden_size=16, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.95
    True
    >>> model.predict_proba(X).shape
    (500, 8)
    """

    _parameter_constraints: ClassVar[dict] = POINTER_CONSTRAINTS
    _target_kind: ClassVar[type[Target]] = Steps
    _fixed: ClassVar[dict[str, Any]] = {
        "decoder": "pointer",
        "conv_layers": 0,
        "patch_size": 1,
        "passthrough": False,
        "scale_windows": False,
        "query": "last",
        "values": "states",
        "segment_size": 0,
        "state_bypass": False,
        "conicity_penalty": 0.0,
        "cancellation_penalty": 0.0,
    }

    def __init__(
        self,
        *,
        n_timesteps: int | None = None,
        padding_value: float | None = None,
        missing: str = "error",
        categorical_features: object = "from_dtype",
        min_frequency: int | float | None = None,
        embedding_size: int | str = "auto",
        embeddings: Mapping[object, object] | None = None,
        scale_inputs: bool = True,
        hidden_size: int = 64,
        num_layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.0,
        attention: str = "additive",
        n_heads: int = 1,
        self_attention_heads: int = 0,
        positions: str | None = None,
        tolerance: int = 0,
        optimizer: str = "adamw",
        learning_rate: float | str = "auto",
        lr_schedule: str | None = "one_cycle",
        weight_decay: float | str = "auto",
        gradient_clip: float | None = 1.0,
        batch_size: int | str = "auto",
        max_epochs: int | str = "auto",
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        validation_split: object = "random",
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        callbacks: list[object] | None = None,
        checkpoint: object = None,
        warm_start: bool = False,
        device: object = "auto",
        random_state: object = None,
        verbose: int = 0,
        store_attention: bool = True,
    ) -> None:
        self.n_timesteps = n_timesteps
        self.padding_value = padding_value
        self.missing = missing
        self.categorical_features = categorical_features
        self.min_frequency = min_frequency
        self.embedding_size = embedding_size
        self.embeddings = embeddings
        self.scale_inputs = scale_inputs
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.attention = attention
        self.n_heads = n_heads
        self.self_attention_heads = self_attention_heads
        self.positions = positions
        self.tolerance = tolerance
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.lr_schedule = lr_schedule
        self.weight_decay = weight_decay
        self.gradient_clip = gradient_clip
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.validation_split = validation_split
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.callbacks = callbacks
        self.checkpoint = checkpoint
        self.warm_start = warm_start
        self.device = device
        self.random_state = random_state
        self.verbose = verbose
        self.store_attention = store_attention

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: object,
        y: object,
        sample_weight: object = None,
        groups: object = None,
        X_val: object = None,
        y_val: object = None,
    ) -> "LSTMAttentionPointer":
        """Train on sequences.

        Parameters
        ----------
        X : array-like or Tensor of shape (n_samples, n_timesteps, n_channels) or \
                (n_samples, n_features), list of array-like, or Sequences
            Sequences, in any form that `LSTMAttentionClassifier.fit` takes.
        y : array-like of int of shape (n_samples,) or (n_samples, horizon)
            The number of a step of each sequence, counted from 0, or of several.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample in the loss; samples of weight 0 are left out.
        groups : array-like of shape (n_samples,), default=None
            Labels of samples that stay on one side of the validation split. Ignored
            where no part is set aside.
        X_val, y_val : array-like, default=None
            Validation samples to use instead of a part of X.

        Returns
        -------
        LSTMAttentionPointer
            The estimator itself. If it cannot be fitted, it is left as it was.
        """
        resume = self.warm_start and hasattr(self, "net_")
        self._fit(X, y, sample_weight, groups, X_val, y_val, resume=resume)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: object, y: object, sample_weight: object = None
    ) -> "LSTMAttentionPointer":
        """Train for one pass through some samples, continuing from earlier calls.

        Parameters
        ----------
        X, y : array-like
            As for `fit`; later calls must bring the channels that the first one had.
        sample_weight : array-like of shape (n_samples,), default=None
            As for `fit`.

        Returns
        -------
        LSTMAttentionPointer
            The estimator itself.
        """
        self._fit_on(X, y, sample_weight)
        return self

    def predict(self, X: object) -> np.ndarray:
        """Predict the number of the step of the largest weight.

        Parameters
        ----------
        X : array-like, Tensor or list
            Sequences in any form that `fit` takes.

        Returns
        -------
        ndarray of int of shape (n_samples,) or (n_samples, horizon)
            Counted from 0.
        """
        return self.predict_proba(X).argmax(axis=-1)

    def predict_proba(self, X: object) -> np.ndarray:
        """Predict how likely each step is: its attention weight.

        Parameters
        ----------
        X : array-like, Tensor or list
            Sequences in any form that `fit` takes.

        Returns
        -------
        ndarray of shape (n_samples, n_timesteps) or (n_samples, horizon, n_timesteps)
            Rows sum to 1; padded steps have exactly 0.

        Examples
        --------
        >>> import numpy as np
        >>> from skattn import LSTMAttentionPointer
        >>> X = np.random.default_rng(0).normal(size=(50, 6))
        >>> model = LSTMAttentionPointer(max_epochs=2).fit(X, X.argmax(axis=1))
        >>> model.predict_proba(X).shape
        (50, 6)
        """
        weights = np.asarray(self.predict_attention(X))  # (n, horizon, n_timesteps)
        target = self._target
        assert isinstance(target, Steps)
        weights = weights.astype(np.float64)  # those of the network are float32
        weights /= weights.sum(-1, keepdims=True)
        return weights.reshape(len(weights), *target.shape, weights.shape[-1])

    def score(
        self, X: object, y: object, sample_weight: npt.ArrayLike | None = None
    ) -> float:
        """Return the share of samples whose steps are all found.

        Parameters
        ----------
        X : array-like, Tensor or list
            Sequences in any form that `fit` takes.
        y : array-like of int of shape (n_samples,) or (n_samples, horizon)
            The true steps.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample.

        Returns
        -------
        float
            From 0 to 1. A step counts as found within ``tolerance`` steps.
        """
        predicted = self.predict(X)
        y = Steps.read(y, len(predicted))
        if y.shape != predicted.shape:
            raise ValueError(
                f"y has shape {y.shape}, but predictions have {predicted.shape}."
            )
        found = np.abs(predicted - y) <= self.tolerance
        right = found.reshape(len(found), -1).all(axis=1)
        every = np.ones(len(right), dtype=bool)
        return float(accuracy_score(every, right, sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _make_target(self, y: np.ndarray, fitted: Target | None) -> Steps:
        """Return the steps; with ``fitted``, in the form that they had before."""
        shape = fitted.shape if isinstance(fitted, Steps) else y.shape[1:]
        return Steps(shape, self.n_timesteps_in_)

    def _make_dataset(
        self, samples: TrainingSamples, unit: float | None = None
    ) -> SequenceDataset:
        """Check that all steps lie inside their sequences, and scale the samples."""
        steps = samples.y[samples.rows, :, 0]
        n_samples, longest = samples.X.values.shape[:2]
        lengths = samples.X.lengths
        lengths = np.full(n_samples, longest) if lengths is None else lengths
        beyond = steps >= lengths[samples.rows, None]
        if beyond.any():
            row, column = np.argwhere(beyond)[0]
            sample = samples.rows[row]
            raise ValueError(
                f"y{samples.suffix} names step {steps[row, column]:.0f} of sample "
                f"{sample}, which has {lengths[sample]} steps; allowed are numbers "
                f"from 0 to {lengths[sample] - 1}."
            )
        return super()._make_dataset(samples, unit)

    def _set_aside(self, *args: object) -> None:
        """Set nothing aside: a step is found or not, without a yardstick."""

    def _measure_yardstick(self, *args: object) -> None:
        """Measure no yardstick: no linear model points."""
