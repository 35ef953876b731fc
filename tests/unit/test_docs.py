"""Tests that fail when the documents lie."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.settings import EXAMPLE_SHOP, Settings
from bot.staff import registry
from bot.staff.command import Complaint
from shop.files import load

ROOT = Path(__file__).resolve().parents[2]
SHOP = load(EXAMPLE_SHOP)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def make_targets() -> dict[str, str]:
    return dict(re.findall(r"^([a-z]+):.*?## (.*)$", read("Makefile"), flags=re.M))


def test_the_readme_lists_the_make_commands_with_the_makefiles_own_words() -> None:
    listed = dict(re.findall(r"^\| `make ([a-z]+)` \| (.*) \|$", read("README.md"), flags=re.M))
    known = make_targets()
    assert listed
    for name, words in listed.items():
        assert known[name] == words
    for name in ("demo", "test", "lint", "format", "types", "soak", "bench"):
        assert name in listed


def test_the_readme_names_every_command_of_the_program() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    commands = re.findall(r"^  ([a-z]+) ", shown.partition("Commands:")[2], flags=re.M)
    assert commands
    for command in commands:
        assert f"`{command}`" in read("README.md"), command


def test_every_setting_is_documented_and_nothing_else() -> None:
    documented = set(re.findall(r"^\| `ZHANGGUI_([A-Z_]+)` \|", read("docs/operator.md"), flags=re.M))
    assert documented == {name.upper() for name in Settings.model_fields}


def staff_examples() -> list[str]:
    text = read("docs/staff.md")
    in_table = re.findall(r"^\| [^|]+ \| `([^`]+)` \|", text, flags=re.M)
    blocks = re.findall(r"```\n(.*?)```", text, flags=re.S)
    lines = [line for block in blocks for line in block.strip().splitlines()]
    return [example for example in [*in_table, *lines] if not example.startswith("绑定员工")]


@pytest.mark.parametrize("example", staff_examples())
def test_every_example_of_the_staff_page_is_a_command(example: str) -> None:
    command = registry.parse(SHOP, example)
    assert command is not None
    assert not isinstance(command, Complaint), command


def test_links_between_the_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "nlu" / "README.md"]
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not target.startswith(("http://", "https://")):
                assert (page.parent / target).exists(), f"{page.name} → {target}"


def test_nothing_in_the_tree_names_a_path_of_this_machine() -> None:
    """The project is the same wherever it is cloned."""
    suspicious = re.compile(r"/(?:work|root|home/[a-z]+)/")
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        assert not suspicious.search(page.read_text(encoding="utf-8")), page
