"""Keeping fitted estimators: files without code, and ONNX."""

from ._files import load, save
from ._onnx import to_onnx

__all__ = ["load", "save", "to_onnx"]
