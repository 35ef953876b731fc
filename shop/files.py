"""Reading shop.yml: a Shop, or every problem in it with its line and what to write instead."""

from __future__ import annotations

import difflib
import stat
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shop.checks.check import Finding, Severity, check
from shop.model import Shop
from shop.tree import MAX_BYTES, Path, Tree, TreeError, read_tree

MAX_PROBLEMS = 100


@dataclass(frozen=True)
class Problem:
    """One thing wrong in the file. Lines and columns count from 1; `field` is a path like stores[0].phone."""

    line: int
    column: int
    field: str
    message: str
    remedy: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"line {self.line}: {self.field}: {self.message}. {self.remedy}"


class ShopFileError(Exception):
    """The file defines no shop; `problems` says why, in the order of the file, never empty."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Inspection:
    """The result of reading a file without raising; `shop` is None when a problem is an error."""

    shop: Shop | None
    problems: list[Problem]


def load(path: FilePath | str) -> Shop:
    """The shop of that file. Raises ShopFileError; warnings do not stop it."""
    return _shop_of(inspect(path))


def loads(content: str | bytes) -> Shop:
    """The shop of that text; as `load`."""
    return _shop_of(inspect_content(content.encode() if isinstance(content, str) else content))


def _shop_of(inspection: Inspection) -> Shop:
    if inspection.shop is None:
        raise ShopFileError(inspection.problems)
    return inspection.shop


def inspect(path: FilePath | str) -> Inspection:
    """The shop and all problems, warnings among them."""
    try:
        content = _read(FilePath(path))
    except OSError as error:
        reason = error.strerror or str(error)
        problem = Problem(1, 1, "file", f"{path} cannot be read: {reason}", "Check the path and the rights.")
        return Inspection(None, [problem])
    return inspect_content(content)


def _read(path: FilePath) -> bytes:
    with path.open("rb") as file:
        if stat.S_ISDIR(path.stat().st_mode):
            raise IsADirectoryError(21, "it is a folder")
        return file.read(MAX_BYTES + 1)


def inspect_content(content: bytes) -> Inspection:
    """As `inspect`, for the bytes of a file."""
    try:
        tree = read_tree(content)
    except TreeError as error:
        return Inspection(None, [Problem(error.line, error.column, "file", error.message, error.remedy)])
    try:
        shop = Shop.model_validate(tree.root)
    except ValidationError as errors:
        found = [_type_problem(tree, each) for each in _of_their_own(errors.errors())]
        return Inspection(None, _sorted(found))
    problems = _sorted([_found_problem(tree, finding) for finding in check(shop)])
    if any(problem.severity == "error" for problem in problems):
        return Inspection(None, problems)
    return Inspection(shop, problems)


def _of_their_own(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without “too short” where the list is short only because one of its entries is wrong."""
    places = [error["loc"] for error in errors]
    return [
        error
        for error in errors
        if error["type"] != "too_short"
        or not any(place[: len(error["loc"])] == error["loc"] and place != error["loc"] for place in places)
    ]


def _sorted(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda each: (each.line, each.column))[:MAX_PROBLEMS]


def _found_problem(tree: Tree, finding: Finding) -> Problem:
    line, column = tree.position(finding.path)
    field = _written(finding.path)
    return Problem(line, column, field, finding.message, finding.remedy, finding.severity)


def _written(path: Path) -> str:
    """stores[0].hours.mon — counted from 0, as the tools that owners' helpers use do."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "file"


def _type_problem(tree: Tree, error: ErrorDetails) -> Problem:
    path = tuple(error["loc"])
    line, column = tree.position(path)
    message, remedy = _explained(path, error)
    return Problem(line, column, _written(path), message, remedy)


# What is wrong and what to write instead, by pydantic's kinds of error; {…} come from the error's context.
_EXPLAINED = {
    "string_type": ("a text is needed here", "Write a text; put it in quotes when in doubt."),
    "int_type": ("a whole number is needed here", "Write it in plain digits, such as 12."),
    "bool_type": ("true or false is needed here", "Write true or false without quotes."),
    "float_type": ("a number is needed here", "Write it in plain digits, such as 39.9087."),
    "is_instance_of": ("a number is needed here", "Write it in plain digits, such as 1.5."),
    "decimal_max_places": ("there are too many decimals", "Write at most {decimal_places} decimals."),
    "tuple_type": ("a list is needed here", "Begin every entry with a dash and a space, or write [a, b]."),
    "dict_type": ("fields are needed here", "Write name: text, one a line, indented."),
    "model_type": ("fields are needed here", "Write them as name: value, one a line, indented."),
    "string_too_short": ("this is empty", "Write something, or delete the line."),
    "string_too_long": ("this is longer than {max_length} characters", "Make it shorter."),
    "too_short": ("at least one entry is needed here", "Add one; see shop/examples/beauty.yml."),
    "greater_than": ("this has to be more than {gt}", "Write a larger number."),
    "greater_than_equal": ("this has to be {ge} or more", "Write a larger number."),
    "less_than_equal": ("this has to be {le} or less", "Write a smaller number."),
    "missing": ("the field “{name}” is missing", "Add {name}: …; docs/shop.md explains it."),
    "literal_error": ("“{input}” is not one of the choices", "Write {expected}."),
}


def _explained(path: Path, error: ErrorDetails) -> tuple[str, str]:
    kind, context = error["type"], error.get("ctx", {})
    if "remedy" in context:
        return str(context["reason"]), str(context["remedy"])
    if kind == "extra_forbidden":
        return f"there is no field “{path[-1]}” here", _suggestion(path)
    if kind in _EXPLAINED:
        values = {**context, "name": path[-1] if path else "", "input": str(error["input"])[:40]}
        message, remedy = _EXPLAINED[kind]
        return message.format(**values), remedy.format(**values)
    return error["msg"][:1].lower() + error["msg"][1:], "Correct the value; docs/shop.md gives the limits."


def _suggestion(path: Path) -> str:
    fields = _fields_at(path[:-1])
    near = difflib.get_close_matches(str(path[-1]), fields, n=1, cutoff=0.6)
    if near:
        return f"Do you mean “{near[0]}”?"
    return f"Delete it; the fields here are: {', '.join(fields)}."


def _fields_at(path: Path) -> list[str]:
    """The names that may be written at a place of the file."""
    model: type[BaseModel] = Shop
    for part in path:
        if isinstance(part, str):
            model = _model_of(model, part)
    return list(written_fields(model))


def _model_of(model: type[BaseModel], name: str) -> type[BaseModel]:
    found = model_in(model.model_fields[written_fields(model)[name]].annotation)
    return found or model


def written_fields(model: type[BaseModel]) -> dict[str, str]:
    """Name in the file → name in Python, in the order of the model."""
    return {info.alias or name: name for name, info in model.model_fields.items()}


def model_in(annotation: Any) -> type[BaseModel] | None:  # Any: a type expression has no static type
    """The model inside tuple[Model, ...], Model | None and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := model_in(part))), None)
