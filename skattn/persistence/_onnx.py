"""ONNX."""


def to_onnx(estimator, path): ...
