"""Inspection of fitted estimators: importance, faithfulness reports and displays."""

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
from ._report import FaithfulnessReport

__all__ = [
    "AttentionDisplay",
    "ContributionDisplay",
    "FaithfulnessDisplay",
    "FaithfulnessReport",
    "ForecastDisplay",
    "attention_faithfulness",
    "attention_frame",
    "conicity",
    "gradient_importance",
    "occlusion_importance",
    "timestep_permutation_importance",
]
