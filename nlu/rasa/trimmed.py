"""Import Rasa without the packages that understanding a sentence never uses.

Rasa imports TensorFlow, every chat channel and every broker at start, whatever the pipeline needs. Left out
of the environment (see `override-dependencies` in pyproject.toml) they cost neither disk, memory nor seconds;
the stand-ins made here satisfy `import` and class statements, and raise when something tries to use them.
A package that is installed all the same (`uv sync --group compare`) is used as it is.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types

LEFT_OUT = (
    "aio_pika", "aiogram", "aiormq", "boto3", "botocore", "confluent_kafka", "fbmessenger", "keras",
    "matplotlib", "mattermostwrapper", "pamqp", "psycopg2", "pymongo", "rocketchat_API", "sentry_sdk", "slack_sdk", "structlog_sentry",
    "tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "twilio", "webexteamssdk",
)  # fmt: skip


class _Absent(type):
    """A class whose every attribute is another such class, so that it can be a base or an annotation."""

    def __getattr__(cls, name: str) -> "_Absent":
        if name.startswith("__"):
            raise AttributeError(name)
        made = _Absent(name, (), {"__module__": cls.__module__})
        setattr(cls, name, made)
        return made

    def __call__(cls, *args: object, **kwargs: object) -> object:
        if len(args) == 1 and callable(args[0]) and not kwargs:
            return args[0]  # used as a decorator at import time
        raise RuntimeError(f"{cls.__module__}.{cls.__name__} is not installed: uv sync --group compare")


class _AbsentModule(types.ModuleType):
    def __getattr__(self, name: str) -> _Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _Absent(name, (), {"__module__": self.__name__})
        setattr(self, name, made)
        return made


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, names: "frozenset[str]") -> None:
        self.names = names

    def find_spec(self, fullname, path=None, target=None):  # type: ignore[no-untyped-def]
        if fullname.split(".")[0] not in self.names:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _AbsentModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run: attributes are made when asked for."""


def install() -> None:
    """Call before the first import of Rasa."""
    absent = frozenset(name for name in LEFT_OUT if importlib.util.find_spec(name) is None)
    sys.meta_path.append(_Finder(absent))
