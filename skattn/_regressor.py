"""The regressor: numbers, vectors or forecasts from sequences."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ._base import BaseLSTMAttention
from ._constraints import REGRESSOR_CONSTRAINTS, SHARED_CONSTRAINTS
from ._construction import refuse_change
from ._explain import ContributionsMixin
from ._parameters import resolve_channels
from .sequences._reader import read_X
from .targets import Regression, Target, r_squared
from .targets._losses import read_levels


def _has_quantiles(estimator: "LSTMAttentionRegressor") -> bool:
    """Check that quantiles are learned, or were where there is a fit."""
    fitted = vars(estimator).get("_target", estimator)
    if fitted.loss != "quantile":
        raise AttributeError(
            "Quantiles are predicted with loss='quantile' only; got "
            f"loss={fitted.loss!r}."
        )
    return True


class LSTMAttentionRegressor(ContributionsMixin, RegressorMixin, BaseLSTMAttention):
    """LSTM with attention over time, for regression and forecasting.

    An LSTM reads a sequence; attention scores each of its states, turns the scores
    into weights that sum to 1, and adds the states up by these weights; a dense layer
    predicts from the sum. By default nothing else reaches the prediction. Whether the
    weights say what it rests on, `skattn.inspection.attention_faithfulness` measures.
    With ``state_bypass``, ``anchor``, ``linear_skip``, static features or a known
    future they speak for the attended part alone.

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
        to the mean with the time since, at a rate that each channel learns [16]_;
        steps are one apart if X has no times. All but "error" tell the LSTM by an
        indicator for each channel which values were missing [10]_.

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
        categories, at most 128, for each channel by itself; at least 32 where
        convolutions read channels of categories alone. With ``embeddings`` it is their
        size.

    embeddings : mapping, default=None
        Vectors to start from, by category; for several channels, such mappings by the
        name or number of the channel, or one for all. Categories without a vector
        start near the mean of the others.

    conv_layers : int or "auto", default="auto"
        Convolutions over time before the LSTM [14]_ [15]_, with 64 channels each, batch
        normalisation and ReLUs; 0 for none. Their outputs are averaged over patches
        and read by the LSTM, see also ``passthrough``. "auto" is 3 for classes, but 0
        for sentences: sequences of categories alone, of which there are at least 200,
        with less than 50 steps for each. It is 3 for single numbers, too, where steps
        differ by less than a sixteenth of the variance (mean square), without
        ``target_channels`` and categories. Else it is 0.

    patch_size : int or "auto", default="auto"
        Consecutive steps joined into one step of the LSTM; with ``conv_layers`` they
        are averaged. Long sequences train faster and better in patches of a natural
        period, such as 24 for hourly data. An incomplete first patch is filled on its
        left. "auto" leaves about 24 steps after convolutions. Without them it is what
        leaves at most 96 steps; for forecasts the period of the target channels, or
        what leaves about 24 steps; in segments, what leaves at most 12 of their steps.

    scale_inputs : bool, default=True
        Standardise each channel by its mean and standard deviation over the real
        steps of the training part.

    hidden_size : int, default=64
        Units of the LSTM in each direction.

    num_layers : int, default=1
        LSTM layers on top of each other.

    bidirectional : bool or "auto", default="auto"
        Whether a second LSTM reads each sequence from its end. The last state is then
        the forward end joined with the backward start. "auto" is True, but without
        convolutions False where training takes less than 1,500 steps.

    passthrough : bool or "auto", default="auto"
        Whether what the LSTM reads at a step, its own values or what convolutions make
        of them, stands next to its state as key and value. Attention then finds a step
        by what it is itself. An LSTM may show it one step later, as it goes on
        remembering. "auto" is True with convolutions. Without them it is True where
        no step is like the one before, for one head with a score,
        ``query="learned"``, ``values="states"`` and ``scale_inputs``, but False for
        forecasts and categories. With True and without convolutions there is one
        head, and the LSTM begins with short memories.

    dropout : float or "auto", default="auto"
        Share of units dropped in training, between layers and on the context. The same
        share of categories is taken for unknown, and of the numbers in their vectors
        dropped. "auto" is 0.2 after convolutions, 0.4 for sentences, else 0.

    attention : {"additive", "cosine", "dot", "general", "location", "scaled_dot", \
            "feature", "contribution", "sum", "last", "mean", "max"}, default="additive"
        How states become a context. Scores of a query against each state: additive
        [1]_, cosine times a learned strength [6]_, dot product, bilinear ("general")
        or by position alone ("location") [3]_, dot product over the root of its size
        [7]_. "feature" is a dense layer over time with a softmax for each hidden unit,
        the Keras ``attention_3d_block``. "contribution" and "sum" need
        ``values="segments"``: a softmax over the sizes of what segments contribute to
        the outputs, times a learned sharpness, so that for one output the order of the
        weights is that of the contributions; or their sum without weights, which gives
        amounts and not only an order. The weights that are shown are then the shares of
        the sizes. To see whether attention helps at all: the
        last state, their mean or their maximum. "location" and "feature" have a fixed
        number of steps: shorter sequences are aligned at their last step, longer ones
        refused.

    query : {"last", "learned", "auto"}, default="auto"
        What the states are scored against: the last state, or a vector learned in
        training, the same for all samples [2]_. With ``decoder="lstm"`` it is the
        decoder's state. "auto" is "learned". Ignored without a score.

    n_heads : int, default=1
        Parts into which query, states and values are cut, each with weights of its
        own; divides the size of a state. Ignored without a score.

    normalizer : {"softmax", "sparsemax", "entmax15"}, default="softmax"
        How scores become weights that sum to 1. The other two give most steps a weight
        of exactly 0: sparsemax [12]_ more of them than the 1.5-entmax [13]_. Ignored by
        the poolings without a score; the self-attention keeps the softmax.

    self_attention_heads : int, default=0
        Heads of a self-attention, with residual and layer norm [7]_, between encoder
        and attention; divides the size of a state. 0 for none.

    positions : {"auto", None, "sinusoidal", "scaled_sinusoidal", "learned"}, \
            default="auto"
        Tell self-attention and scores where each step stands, by what is added to the
        states that they read: sines and cosines of its number, these at a size that is
        learned, or a vector learned for each step. The LSTM knows the order by itself;
        attention over its states does not. Longer sequences than in `fit` are refused
        with "learned". "auto" is "scaled_sinusoidal" with ``passthrough`` where there
        are no convolutions, since steps that are like no other say little of where they
        stand, and None otherwise.

    values : {"states", "inputs", "segments"}, default="states"
        What the weights sum up: the states, or embeddings of the inputs gated by the
        states [8]_. With "inputs" a prediction is an exact sum over steps and
        channels, see `predict_contributions`. The inputs are then scaled, but not
        centred, so that a value of 0 contributes nothing. With "segments" the LSTM is
        restarted in each segment, so that what a segment adds depends on no other
        one, and a segment of channel means (zeros without ``scale_inputs``) adds
        nothing; segments have learned positions. Longer sequences than in `fit` are
        then refused. It goes without ``conv_layers``, ``state_bypass``, times, and
        ``missing="forward"`` and ``"decay"``.

    segment_size : int or "auto", default="auto"
        Steps in a segment, with ``values="segments"``; ignored otherwise. Segments are
        counted from the end, and an incomplete first one is filled with means on its
        left. A multiple of ``patch_size``, in which the LSTM reads each of them. "auto"
        leaves 6 to 10 segments; for forecasts it is the period of the target channels,
        if that leaves 3 to 14.

    state_bypass : bool, default=False
        Let the last state reach the output past the context: joined to it through a
        tanh layer [3]_, or as the first state of the LSTM decoder. The weights then no
        longer tell the whole story.

    conicity_penalty : float, default=0.0
        Weight in the training loss of the conicity of the states, the mean cosine
        with their mean [9]_, where it is above 0. The less alike the states are, the
        more it matters where the weights lie.

    cancellation_penalty : float, default=0.0
        Strength of a penalty on contributions of segments that cancel each other: the
        mean over samples and outputs of ``sum |c_i| - |sum c_i|``, in units of scaled
        targets, times this and the loss is added to the loss, so that one value serves
        losses of any size. Only with ``values="segments"``.

    decoder : {"dense", "lstm"}, default="dense"
        Predict all outputs at once from one context, or one output step after the
        other, each with its own attention [3]_. y is then ``(n_samples, horizon)`` or
        ``(n_samples, horizon, n_targets)``.

    teacher_forcing : float, default=0.0
        Probability in training that the LSTM decoder reads the true previous output
        instead of its own. Ignored by the dense decoder.

    output_activation : {"identity", "sigmoid", "softplus"}, default="identity"
        Applied to the output, for y in [0, 1] or at least 0.

    target_channels : int, str, list of these or "all", default=None
        The input channels that y continues, for forecasts, by number or by name (if X
        is a list of frames): y is scaled as they are.
        A 2-D y is then ``(n_samples, horizon)`` of one channel, a 3-D y
        ``(n_samples, horizon, n_targets)``.

    anchor : bool, "changes" or "auto", default="auto"
        Read and predict the target channels relative to their last values [4]_, so that
        what was learned at one level holds at another. Segments then depend on the last
        value too. Needs ``target_channels``. With "changes" what is relative to the
        last value is also measured in a unit of its own: how far, over the training
        windows, the channel is away from it. "auto" is "changes", or False where ridge
        regression then predicts later samples better by a tenth; False without
        ``target_channels``, for sequences of several lengths, with ``missing="mask"``
        and with an ``output_activation``.

    linear_skip : bool, "ridge", "ar", "arx" or "auto", default="auto"
        Add a linear path from history to output past the LSTM [4]_ [5]_. With
        ``target_channels`` each target is read from its own history, with shared
        weights; otherwise, and with "arx", from all channels. Longer sequences than in
        `fit` are then refused, shorter ones aligned at their last step.
        True: it starts at 0 and is trained with the rest. With the others ridge
        regression fits the path before the rest, which is then trained on what it
        leaves; the penalty is chosen by cross-validation over
        ten stretches of the training part, which should stand in the order of time.
        It minimises squares, whatever ``loss`` is, in a time that grows with the cube
        of the inputs: 2,000 take about ten seconds. `partial_fit` and ``warm_start``
        keep the path of the first call.
        "ridge" always has a bias; without ``target_channels`` it reads the flat rows
        of X, for sequences of one length. It goes best with ``early_stopping``, as what
        it leaves is mostly noise. "ar" and "arx" need ``target_channels``, have
        no bias with ``anchor``, and may also be 0. The network then starts with an
        output of exactly 0, and with ``early_stopping`` stays there unless the
        validation loss is lower by 15 % in the mean of the last third of the epochs; in
        the end the path is fitted again to all samples, those set aside included.
        "auto" is "ar", or "arx" where it is better by a tenth, as ``anchor`` is chosen;
        False where that is. With ``scale_windows`` and 300 samples it is True.

    scale_windows : {False, "mean", "standard", "auto"}, default="auto"
        Read and predict the target channels of each window in units of its own, which
        are undone at the output [17]_: divided by the mean magnitude of the window, or
        less its mean (with ``anchor`` its last value) and divided by its standard
        deviation. Windows then count alike in the loss, whatever their level. "auto" is
        "standard" if the training windows differ more than fivefold, between their
        first and ninth tenth, in deviation and in mean magnitude, as in panels of
        series of several sizes; else False.
        Without ``target_channels`` all channels are read so, and the levels and the
        logarithms of the sizes are read beside, at each step, so that nothing is lost.
        "auto" is then "standard" where sequences differ so much in size that most are
        lost in the units of their channels: the standard deviation of a typical one is
        less than a quarter of its channel's. Else it is False, as it is unless
        ``values="states"``, ``missing="error"`` and ``linear_skip=False``.

    channel_independent : bool, default=False
        Use one model for all target channels, which sees a target channel together
        with the channels that are no targets. Needs ``target_channels``.

    scale_targets : {"auto"} or bool, default="auto"
        Standardise y over the training part: each output of a 2-D y, each target of a
        3-D y, all of a 2-D y together with ``decoder="lstm"``. "auto" does so with the
        identity as ``output_activation``; with ``target_channels`` it follows
        ``scale_inputs``.

    loss : {"auto", "squared_error", "absolute_error", "huber", "quantile"}, \
            default="auto"
        What training makes small, on scaled targets. Huber's loss is quadratic up to
        a scaled error of 1. For forecasts "auto" is "absolute_error" where a few
        windows would decide squared errors: with ``scale_windows`` and without a path
        fitted before, and where a typical window has less than a fiftieth of the mean
        squared change, as after failures of a sensor. Else it is "squared_error".

    quantile : float or array-like of float, default=None
        The quantile that ``loss="quantile"`` predicts, between 0 and 1 [18]_; or
        several, 0.5 among them, which never cross: the network predicts the median, and
        the gaps on both sides of it. What leads past the attention shifts them all
        alike. The loss is then the mean over the quantiles, `predict` returns the
        median, and `predict_quantiles` all. Ignored by the other losses.

    optimizer : {"adam", "adamw", "rmsprop", "sgd"}, default="adamw"
        The optimiser.

    learning_rate : float or "auto", default="auto"
        Step size of the optimiser: the first one, or with "one_cycle" the largest.
        "auto" is 0.009 with convolutions, else 0.01, but 0.003 for sentences and, other
        than for forecasts, where steps differ little from each other.

    lr_schedule : {"cosine", "one_cycle", "plateau"} or None, default="one_cycle"
        How the learning rate changes: along a cosine to 0 at ``max_epochs``, up and
        down again in one cycle, or halved when the validation loss (without one, the
        training loss) has not improved for 5 epochs. None keeps it. `partial_fit`
        keeps it in any case.

    weight_decay : float or "auto", default="auto"
        Strength of the decay towards 0 of the LSTM's weight matrices; biases, attention
        and output layers do not decay. "adamw" shrinks weights apart from its steps
        [11]_, by ``learning_rate * weight_decay`` in each; the others add the decay to
        the gradient. "auto" is 1 (after convolutions 0.01) with "adamw" and a rate
        that falls to 0, along "one_cycle" or "cosine", else 0; so `partial_fit` does
        not decay.

    gradient_clip : float, default=1.0
        Largest norm of the gradient; None does not clip.

    batch_size : int or "auto", default="auto"
        Samples in one step of the optimiser. "auto" is the largest power of 2 with
        which a pass has 32 steps, but at least 16 and at most 256; with convolutions
        at most 16, and the same for all steps.

    max_epochs : int or "auto", default="auto"
        Most passes through the training samples. "auto" is what makes 300 steps of the
        optimiser with convolutions, 1,500 without, but at least 30; for sentences 600,
        but at least 12.

    early_stopping : bool or "auto", default="auto"
        Set a validation part aside, stop when its loss has not improved for
        ``n_iter_no_change`` epochs, and keep the weights of the best epoch. With
        "one_cycle", whose last epochs are its best, all epochs run. "auto" is True
        where ``linear_skip`` is "ar" or "arx" and there are 50 samples. Otherwise all
        samples are trained on; if ``max_epochs`` is "auto" as well, some of them join
        in the last third of the epochs only, and judge the network before they do: 5 %,
        but at least 50 or, of 60 to 250 samples, a fifth and at least 20; with
        ``target_channels`` only of 1,000 samples on.

    validation_fraction : float, default=0.1
        Share of the samples (of the groups, if given) to set aside.

    validation_split : {"auto", "random", "tail"} or CV splitter, default="auto"
        Which samples to set aside: random ones; the last ones, less the windows that
        share steps with them (``n_timesteps``, and the horizon less one with
        ``target_channels``, over the stride, which is seen from what neighbours share,
        and 1 if they share nothing); or the last split of a splitter, whose own
        ``random_state`` then counts. With the index of `make_windows` as ``groups``,
        "tail" takes the last times of all series, and "random" whole series. "auto" is
        "random"; with ``target_channels`` it is "tail", less the windows that share
        steps of the horizon alone, so that only what is to be predicted does not
        overlap.

    n_iter_no_change : int, default=10
        Epochs without improvement before early stopping.

    tol : float, default=1e-4
        Relative improvement of the validation loss that counts.

    callbacks : list of skorch callbacks, default=None
        Called in training, before early stopping, as skorch calls them: not copies, so
        that what they record can be read afterwards. They see scaled targets
        ``(n_samples, horizon, n_targets)``.

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
    attention_share_ : float
        How much of the predictions' variation goes through the attention: the variance
        of what it adds over that and the variance of what bypasses it by ``anchor``
        and ``linear_skip``, over some training samples (with ``scale_windows`` in the
        units of each window, and without its level). 1 without these, NaN with an
        ``output_activation`` after them; ``state_bypass`` does not count. Where it is
        0, `predict_attention` and `transform` warn.

    attention_weights_ : ndarray of shape (n_samples, n_timesteps) or \
            (n_samples, horizon, n_timesteps)
        Weights of the samples given to the last call of `fit` or `partial_fit`, in
        their order; as `predict_attention` gives them. Only with ``store_attention``.

    base_value_ : float or ndarray
        What is predicted when nothing contributes, in the form of one y. Only where
        `predict_contributions` has an answer.

    best_validation_loss_ : float or None
        Least validation loss in the last call, on scaled targets, the mean by the
        weights of the validation samples; None if nothing was set aside, as by
        `partial_fit`. With ``early_stopping`` it is the fitted model's own, with
        "ar" and "arx" before the path is fitted again.

    categories_ : dict of ndarray
        By channel, its categories in the order of their codes; see `embedding_frame`.

    anchor_, linear_skip_, scale_windows_, conv_layers_, embedding_size_, \
    patch_size_, segment_size_, query_, bidirectional_, passthrough_, positions_, \
    dropout_, learning_rate_, weight_decay_, batch_size_, max_epochs_, \
    early_stopping_, loss_ : int, float, bool, str or None
        The values that the last call used, those chosen for "auto" included.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X, if X was a data frame with string names.

    fit_summary_ : FitSummary
        Mapping from each parameter that was "auto" in the last call to the value
        chosen and the reason; prints as a table.

    history_ : dict of list
        ``train_loss``, ``learning_rate`` and ``seconds`` of each epoch, and
        ``validation_loss`` if a part was ever set aside; NaN where an epoch had none.

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

    quantiles_ : ndarray of shape (n_quantiles,)
        Levels of the quantiles, ascending. Only with ``loss="quantile"``.

    resumed_from_epoch_ : int
        Epochs of an interrupted fit that the last call took over from ``checkpoint``;
        0 if it started by itself.

    static_categories_ : dict of ndarray
        By static column, its categories in the order of their codes.

    static_names_in_ : ndarray of str
        Names of static features, if they came as a frame in `Sequences`.

    yardstick_scores_ : dict of dict of float
        What a constant, ridge regression on sequences laid flat, and the network score
        (R²) on the samples of the last call: by "train" and, if some were
        set aside to judge, "held_out", and by "constant", "linear" and "network"; with
        ``target_channels`` by "last_value" as well, which is repeated. Empty after fits
        of less than 300 steps of the optimiser. `fit` warns where the network is no
        better than the constant, or clearly worse than ridge or the last value.

    References
    ----------
    .. [1] D. Bahdanau, K. Cho and Y. Bengio (2015). Neural machine translation by
           jointly learning to align and translate. ICLR.

    .. [2] Z. Yang, D. Yang, C. Dyer, X. He, A. Smola and E. Hovy (2016). Hierarchical
           attention networks for document classification. NAACL.

    .. [3] T. Luong, H. Pham and C. Manning (2015). Effective approaches to
           attention-based neural machine translation. EMNLP.

    .. [4] A. Zeng, M. Chen, L. Zhang and Q. Xu (2023). Are transformers effective for
           time series forecasting? AAAI.

    .. [5] G. Lai, W. Chang, Y. Yang and H. Liu (2018). Modeling long- and short-term
           temporal patterns with deep neural networks. SIGIR.

    .. [6] A. Graves, G. Wayne and I. Danihelka (2014). Neural Turing machines.
           arXiv:1410.5401.

    .. [7] A. Vaswani et al. (2017). Attention is all you need. NeurIPS.

    .. [8] E. Choi et al. (2016). RETAIN: an interpretable predictive model for
           healthcare using reverse time attention mechanism. NeurIPS.

    .. [9] A. Mohankumar et al. (2020). Towards transparent and explainable attention
           models. ACL.

    .. [10] Z. Lipton, D. Kale and R. Wetzel (2016). Directly modeling missing data in
            sequences with RNNs. MLHC.

    .. [11] I. Loshchilov and F. Hutter (2019). Decoupled weight decay regularization.
            ICLR.

    .. [12] A. Martins and R. Astudillo (2016). From softmax to sparsemax: a sparse
            model of attention and multi-label classification. ICML.

    .. [13] B. Peters, V. Niculae and A. Martins (2019). Sparse sequence-to-sequence
            models. ACL.

    .. [14] F. Ordonez and D. Roggen (2016). Deep convolutional and LSTM recurrent
            neural networks for multimodal wearable activity recognition. Sensors 16(1).

    .. [15] Z. Wang, W. Yan and T. Oates (2017). Time series classification from scratch
            with deep neural networks: a strong baseline. IJCNN.

    .. [16] Z. Che, S. Purushotham, K. Cho, D. Sontag and Y. Liu (2018). Recurrent
            neural networks for multivariate time series with missing values. Scientific
            Reports 8.

    .. [17] T. Kim, J. Kim, Y. Tae, C. Park, J.-H. Choi and J. Choo (2022). Reversible
            instance normalization for accurate time-series forecasting against
            distribution shift. ICLR.

    .. [18] R. Koenker and G. Bassett (1978). Regression quantiles. Econometrica 46(1).

    Examples
    --------
    >>> import numpy as np
    >>> from skattn import LSTMAttentionRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 12, 2))  # 200 samples, 12 steps, 2 channels
    >>> y = X[:, 3, 0]  # the answer stands at step 3
    >>> model = LSTMAttentionRegressor(random_state=0).fit(X, y)
    >>> model.predict(X).shape
    (200,)
    >>> model.transform(X).shape  # 64 units in each of two directions, and 2 channels
    (200, 130)
    >>> model.attention_weights_.shape
    (200, 12)
    """

    _parameter_constraints: ClassVar[dict] = SHARED_CONSTRAINTS | REGRESSOR_CONSTRAINTS
    _scaling_names: ClassVar[tuple[str, ...]] = ("scale_inputs", "scale_targets")
    _target_kind: ClassVar[type[Target]] = Regression

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
        conv_layers: int | str = "auto",
        patch_size: int | str = "auto",
        scale_inputs: bool = True,
        hidden_size: int = 64,
        num_layers: int = 1,
        bidirectional: bool | str = "auto",
        passthrough: bool | str = "auto",
        dropout: float | str = "auto",
        attention: str = "additive",
        query: str = "auto",
        n_heads: int = 1,
        normalizer: str = "softmax",
        self_attention_heads: int = 0,
        positions: str | None = "auto",
        values: str = "states",
        segment_size: int | str = "auto",
        state_bypass: bool = False,
        conicity_penalty: float = 0.0,
        cancellation_penalty: float = 0.0,
        decoder: str = "dense",
        teacher_forcing: float = 0.0,
        output_activation: str = "identity",
        target_channels: object = None,
        anchor: bool | str = "auto",
        linear_skip: bool | str = "auto",
        scale_windows: bool | str = "auto",
        channel_independent: bool = False,
        scale_targets: str | bool = "auto",
        loss: str = "auto",
        quantile: float | Sequence[float] | None = None,
        optimizer: str = "adamw",
        learning_rate: float | str = "auto",
        lr_schedule: str | None = "one_cycle",
        weight_decay: float | str = "auto",
        gradient_clip: float | None = 1.0,
        batch_size: int | str = "auto",
        max_epochs: int | str = "auto",
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        validation_split: object = "auto",
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
        self.conv_layers = conv_layers
        self.patch_size = patch_size
        self.scale_inputs = scale_inputs
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.passthrough = passthrough
        self.dropout = dropout
        self.attention = attention
        self.query = query
        self.n_heads = n_heads
        self.normalizer = normalizer
        self.self_attention_heads = self_attention_heads
        self.positions = positions
        self.values = values
        self.segment_size = segment_size
        self.state_bypass = state_bypass
        self.conicity_penalty = conicity_penalty
        self.cancellation_penalty = cancellation_penalty
        self.decoder = decoder
        self.teacher_forcing = teacher_forcing
        self.output_activation = output_activation
        self.target_channels = target_channels
        self.anchor = anchor
        self.linear_skip = linear_skip
        self.scale_windows = scale_windows
        self.channel_independent = channel_independent
        self.scale_targets = scale_targets
        self.loss = loss
        self.quantile = quantile
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
    ) -> "LSTMAttentionRegressor":
        """Train on sequences.

        Parameters
        ----------
        X : array-like or Tensor of shape (n_samples, n_timesteps, n_channels) or \
                (n_samples, n_features), list of array-like, or Sequences
            Sequences; a flat row is one channel, or several with ``n_timesteps``.
            Sequences of different lengths come as a list of ``(length, n_channels)``
            arrays, or padded with ``padding_value``. A float32 `numpy.memmap` is read
            batch by batch. Static features and what is known ahead come with them in
            `skattn.sequences.Sequences`: numbers, standardised as channels are. The
            static ones change what the attention looks for and what its context means;
            each output step reads its own part of the future. With times the LSTM reads
            the gap before each step, and the attention how old a step is.
        y : array-like of shape (n_samples,), (n_samples, n_outputs) or \
                (n_samples, horizon, n_targets)
            What to predict.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample in the loss; samples of weight 0 are left out.
        groups : array-like of shape (n_samples,), default=None
            Labels of samples that stay on one side of the validation split, such as
            patients or engines; or the index of `make_windows`, which says when each
            window was. Ignored where no part is set aside.
        X_val, y_val : array-like, default=None
            Validation samples to use instead of a part of X. Without
            ``early_stopping`` their loss is recorded, and read by
            ``lr_schedule="plateau"`` alone. Inside a pipeline they go through no step
            before, unless its ``transform_input`` says so.

        Returns
        -------
        LSTMAttentionRegressor
            The estimator itself. If it cannot be fitted, it is left as it was.
        """
        resume = self.warm_start and hasattr(self, "net_")
        self._fit(X, y, sample_weight, groups, X_val, y_val, resume=resume)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: object, y: object, sample_weight: object = None
    ) -> "LSTMAttentionRegressor":
        """Train for one pass through some samples, continuing from earlier calls.

        Scales are measured in the first call and then fixed, so it should hold what is
        typical; weights count relative to the mean weight of the first call. Nothing is
        set aside.

        Parameters
        ----------
        X, y, sample_weight : array-like
            As for `fit`; later calls must bring the channels and the form of y that
            the first one had.

        Returns
        -------
        LSTMAttentionRegressor
            The estimator itself.
        """
        self._fit_on(X, y, sample_weight)
        return self

    def predict(self, X: object) -> np.ndarray:
        """Predict from sequences.

        Parameters
        ----------
        X : array-like or Tensor
            Sequences in any form that `fit` takes; 3-D X and lists may have other
            lengths than in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,), (n_samples, n_outputs) or \
                (n_samples, horizon, n_targets)
            The form and float type that y had in `fit`.
        """
        prediction = self._run(read_X(self, X, reset=False), "prediction")
        return self._target.decode(prediction)

    @available_if(_has_quantiles)
    def predict_quantiles(self, X: object) -> np.ndarray:
        """Predict all quantiles from sequences.

        Only with ``loss="quantile"``. The quantiles of one output never cross; the one
        of level 0.5 is what `predict` returns.

        Parameters
        ----------
        X : array-like or Tensor
            Sequences in any form that `fit` takes.

        Returns
        -------
        ndarray of shape (n_samples, n_quantiles), \
                (n_samples, n_outputs, n_quantiles) or \
                (n_samples, horizon, n_targets, n_quantiles)
            In units and float type of y, the levels of ``quantiles_`` ascending along
            the last axis. A single ``quantile`` is an axis of one.

        Examples
        --------
        >>> from skattn import LSTMAttentionRegressor
        >>> from skattn.datasets import make_marked_step
        >>> X, y, _ = make_marked_step(100, 8, random_state=0)
        >>> model = LSTMAttentionRegressor(
        ...     loss="quantile", quantile=[0.1, 0.5, 0.9], max_epochs=2
        ... )
        >>> quantiles = model.fit(X, y).predict_quantiles(X)
        >>> quantiles.shape
        (100, 3)
        >>> bool((quantiles[:, 1] == model.predict(X)).all())
        True
        """
        check_is_fitted(self)
        target = self._target
        assert isinstance(target, Regression)
        samples = read_X(self, X, reset=False)
        if target.levels is None:
            return target.decode_quantiles(self._run(samples, "prediction")[..., None])
        return target.decode_quantiles(self._run(samples, "quantiles"))

    @property
    def quantiles_(self) -> np.ndarray:
        """Levels of the quantiles, ascending; only with ``loss="quantile"``."""
        check_is_fitted(self)
        _has_quantiles(self)
        assert isinstance(self._target, Regression)
        levels = self._target.levels or self._target.quantile
        return np.atleast_1d(np.asarray(levels, dtype=float))

    def score(self, X: object, y: object, sample_weight: object = None) -> float:
        """Return R², the mean over all outputs (horizon and targets laid side by side).

        Parameters
        ----------
        X : array-like or Tensor
            Sequences in any form that `fit` takes.
        y : array-like
            True values in the form that y had in `fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample.

        Returns
        -------
        float
            1 at best, 0 for the mean of y.
        """
        return r_squared(y, self.predict(X), sample_weight)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _make_target(self, y: np.ndarray, fitted: Target | None) -> Regression:
        """Return what y is; with ``fitted``, in the form that it had before."""
        shape = y.shape[1:]
        scaling = self._choose_scaling(shape)
        names = getattr(self, "feature_names_in_", None)
        channels = None
        if self.target_channels is not None:
            channels = resolve_channels(
                self.target_channels, self.n_channels_in_, names
            )
        quantile, levels = None, None
        if self.loss == "quantile":
            quantile, levels = read_levels(self.quantile)
        if isinstance(fitted, Regression):
            if levels != fitted.levels:  # there would be other outputs
                refuse_change("loss", self.loss, fitted.loss)
                before = fitted.levels or fitted.quantile
                refuse_change("quantile", levels or quantile, before)
            loss = fitted.loss if self.loss == "auto" else self.loss
            return replace(fitted, channels=channels, loss=loss, quantile=quantile)
        n_targets = shape[1] if len(shape) == 2 else 1
        if channels is not None and len(channels) != n_targets:
            raise ValueError(
                f"target_channels={self.target_channels!r} names {len(channels)} "
                f"channels, but y of shape {y.shape} has {n_targets}; y must be "
                "(n_samples, horizon) for one channel and (n_samples, horizon, "
                "n_targets) for several."
            )
        return Regression(
            shape=shape,
            dtype=y.dtype,
            scaling=scaling,
            channels=channels,
            output_activation=self.output_activation,
            loss=self.loss,
            quantile=quantile,
            levels=levels,
        )

    def _choose_scaling(self, shape: tuple[int, ...]) -> str:
        """Return what of y has a scale of its own."""
        if self.target_channels is not None:
            return "channels"
        if not self.scale_targets or self.output_activation != "identity":
            return "none"
        together = len(shape) == 2 or self.decoder == "lstm"
        return "target" if together else "output"
