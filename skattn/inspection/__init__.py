"""Inspection of fitted estimators: importance, faithfulness reports and displays."""

from ._channels import (
    channel_occlusion_importance,
    channel_permutation_importance,
)
from ._faithfulness import attention_faithfulness
from ._frame import attention_frame
from ._importance import (
    gradient_importance,
    occlusion_importance,
    timestep_permutation_importance,
)
from ._measures import conicity
from ._plot_attention import AttentionDisplay
from ._plot_contribution import ContributionDisplay
from ._plot_faithfulness import FaithfulnessDisplay
from ._plot_forecast import ForecastDisplay
from ._plot_training import TrainingDisplay
from ._report import FaithfulnessReport

__all__ = [
    "AttentionDisplay",
    "ContributionDisplay",
    "FaithfulnessDisplay",
    "FaithfulnessReport",
    "ForecastDisplay",
    "TrainingDisplay",
    "attention_faithfulness",
    "attention_frame",
    "channel_occlusion_importance",
    "channel_permutation_importance",
    "conicity",
    "gradient_importance",
    "occlusion_importance",
    "timestep_permutation_importance",
]
