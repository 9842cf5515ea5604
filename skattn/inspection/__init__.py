"""Looking into fitted estimators."""

from ._conicity import conicity
from ._faithfulness import attention_faithfulness
from ._frame import attention_frame
from ._gradient import gradient_importance
from ._occlusion import occlusion_importance
from ._permutation import timestep_permutation_importance
from ._plot._attention import AttentionDisplay
from ._plot._contribution import ContributionDisplay
from ._plot._faithfulness import FaithfulnessDisplay
from ._report import FaithfulnessReport

__all__ = [
    "AttentionDisplay",
    "ContributionDisplay",
    "FaithfulnessDisplay",
    "FaithfulnessReport",
    "attention_faithfulness",
    "attention_frame",
    "conicity",
    "gradient_importance",
    "occlusion_importance",
    "timestep_permutation_importance",
]
