"""Names against names.txt and names_trades.txt, and none in the ordinary sentences of ordinary.txt."""

from __future__ import annotations

import pytest
from corpora.reader import sentences
from corpora.shops import catalogues, sentences_with_names
from hypothesis import given
from hypothesis import strategies as st

from nlu.name_forms import in_characters
from nlu.names import NamesFound, find_names
from shop.catalogue import Catalogue, Group, Named


def written(found: NamesFound) -> dict[str, set[str]]:
    return {kind: set(ids) for kind, ids in found.ids.items()}


def read(expected: str) -> dict[str, set[str]]:
    if expected == "-":
        return {}
    return {kind: set(ids.split("+")) for kind, _, ids in (said.partition(":") for said in expected.split())}


@pytest.mark.parametrize(("shop", "text", "expected"), sentences_with_names())
def test_name(shop: str, text: str, expected: str) -> None:
    assert written(find_names(text, catalogues()[shop])) == read(expected)


@pytest.mark.parametrize("shop", sorted(catalogues()))
def test_ordinary_sentences_name_nothing(shop: str) -> None:
    found = {text: written(find_names(text, catalogues()[shop])) for text in sentences("ordinary.txt")}
    assert {text: names for text, names in found.items() if names} == {}


def test_only_the_wanted_kinds_are_looked_for() -> None:
    text = "约小红做脸国贸店"
    assert written(find_names(text, catalogues()["beauty"], ["technician"])) == {"technician": {"hong"}}
    assert written(find_names(text, catalogues()["beauty"], [])) == {}


def test_places_refer_to_the_text() -> None:
    text = "约 小红 做脸"
    found = find_names(text, catalogues()["beauty"])
    assert {text[start:end] for start, end in found.spans} == {"小红", "做脸"}


CHINESE_NAMES = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=4, max_size=8)


@given(CHINESE_NAMES, st.sampled_from(["{}", "约{}", "我想约{}明天下午", "{}多少钱"]))
def test_a_new_name_is_found_at_once(name: str, sentence: str) -> None:
    catalogue = Catalogue(services=(Named("new", name),))
    assert find_names(sentence.format(name), catalogue).of("service") == ("new",)


@pytest.mark.parametrize("verb", "做洗修脱卸种接烫染剪")
@pytest.mark.parametrize("noun", ["脸", "指甲"])
@pytest.mark.parametrize(
    "said", ["{v}个{n}", "{v}一下{n}", "{v}一次{n}", "{v}{v}{n}", "{v}一{v}{n}", "{n}{v}一下"]
)
def test_a_verb_may_stand_apart_from_its_noun(verb: str, noun: str, said: str) -> None:
    catalogue = Catalogue(services=(Named("new", "某某项目", (verb + noun,)),))
    words = said.format(v=verb, n=noun)
    assert find_names(f"明天想{words}可以吗", catalogue).of("service") == ("new",)


@pytest.mark.parametrize("yuan", [5, 10, 25, 100, 250])
@pytest.mark.parametrize(
    "said", ["{}元的代金券", "{}块代金券", "{}块钱的券", "代金券{}块的", "代金卷要{}元的"]
)
def test_a_worth_picks_its_own_reward(yuan: int, said: str) -> None:
    rewards = tuple(Named(f"r{worth}", f"{worth}元代金券", (f"{worth}元券",)) for worth in (5, 10, 25, 100))
    for number in (str(yuan), in_characters(str(yuan))):
        found = find_names("换" + said.format(number), Catalogue(rewards=rewards)).of("reward")
        assert found == ((f"r{yuan}",) if yuan != 250 else ()), number


def test_a_category_means_its_services() -> None:
    services = (Named("a", "小腿拉伸"), Named("b", "肩部放松"), Named("c", "体测"))
    catalogue = Catalogue(services=services, groups=(Group("运动恢复", ("a", "b")),))
    assert find_names("运动恢复多少钱", catalogue).of("service") == ("a", "b")
    assert find_names("运动恢复做小腿拉伸", catalogue).of("service") == ("a",)


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=5), st.text(max_size=60))
def test_any_catalogue_and_any_text(entries: list[tuple[str, str]], text: str) -> None:
    named = tuple(Named(f"n{index}", name, (alias,)) for index, (name, alias) in enumerate(entries))
    catalogue = Catalogue(services=named, technicians=named, stores=named, rewards=named)
    found = find_names(text, catalogue)
    assert all(found.ids.values())


def test_an_empty_catalogue() -> None:
    assert find_names("约小红", Catalogue()) == NamesFound()
