"""Readings of Chinese characters: all that are usual, and no more; names that sort as they are read."""

import pytest

from guanxi.science.names import MOST_READINGS, person_sort_form, readings, split_name


@pytest.mark.parametrize(
    ("han", "said"),
    [
        ("华东", [("hua", "dong")]),
        ("伺服", [("ci", "fu"), ("si", "fu")]),
        ("银行", [("yin", "hang")]),
        ("单晓", [("dan", "xiao"), ("shan", "xiao")]),
        ("曾", [("ceng",), ("zeng",)]),
        ("", []),
    ],
)
def test_readings(han: str, said: list[tuple[str, ...]]) -> None:
    assert readings(han) == said


def test_readings_never_explode() -> None:
    assert len(readings("伺曾朝长行重乐伺曾朝长行重乐")) == MOST_READINGS
    assert len(readings("伺曾朝长" * 20)) == 1


def test_few_names_have_a_second_reading() -> None:
    """What a name costs in the search index: of a hundred family names, read each with three given names."""
    families = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭"
    counts = [len(readings(family + given)) for family in families for given in ("建国", "思远", "浩然")]
    assert sum(counts) <= 1.1 * len(counts)


def test_persons_sort_as_their_family_name_is_read() -> None:
    assert person_sort_form("单", "晓东") == "shan xiao dong"
    assert person_sort_form("Müller", "Ada") == "muller ada"
    assert person_sort_form("", "") == ""


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Zhang Sanfeng", ("Zhang", "Sanfeng")),
        ("Lin Novak", ("Novak", "Lin")),
        ("Ada Li", ("Li", "Ada")),
        ("王小明女士", ("王", "小明")),
        ("司马 光", ("司马", "光")),
        ("", ("", "")),
    ],
)
def test_parts_of_a_name(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts
