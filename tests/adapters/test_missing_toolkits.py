"""What an adapter says where its toolkit is missing."""

import importlib
import sys

import pytest


@pytest.mark.parametrize("toolkit", ["aeon", "sktime"])
def test_the_message_says_how_to_install_the_toolkit(toolkit, monkeypatch):
    for name in [*sys.modules]:
        if name.partition(".")[0] == toolkit:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, toolkit, None)
    adapter = f"skattn.adapters.{toolkit}"
    monkeypatch.delitem(sys.modules, adapter, raising=False)
    with pytest.raises(ImportError, match=rf"{adapter} needs {toolkit}: pip install"):
        importlib.import_module(adapter)
