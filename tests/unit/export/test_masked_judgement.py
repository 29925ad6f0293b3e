"""Findings quote names shortened and without their place: masked, they tell none."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.analysis.difference import compare
from leakgui.analysis.heap_difference import compare_heaps
from leakgui.export.as_html import write_html
from leakgui.export.as_table import write_difference
from leakgui.export.cut_names import LEAST_LETTERS, replace_cut
from leakgui.export.masking import Masker
from leakgui.formatting import printable
from leakgui.guidance.as_json import judgement_as_json
from leakgui.guidance.engine import judge, observe
from leakgui.model.heap import Heap, Holders
from leakgui.model.recording import Recording
from leakgui.model.text_column import TextColumn
from tests.unit.heaps import heap, i64, snapshot_of, u64
from tests.unit.session.specimens import STARTED, TARGET

SECRET = "acme::billing::" + "Ledger" * 10 + "::SecretEntry<std::string>"
ROOT = "global acme::g_secret_cache+16 (libacmepay.so)"
PATH = (
    f"{ROOT} → acme::Tree<{'Branch' * 12}>+16 → … 1,204 more … → {SECRET}+8 → "
    "acme::Leaf and 9 more beside it"
)
PRIVATE = ("acme", "Ledger", "Secret", "secret", "Branch", "cache (", "billing")


def grown_heap(count: int, *, is_held: bool) -> Heap:
    state = "reachable" if is_held else "direct"
    lost = (0, 0) if is_held else (count, 96 * count)
    return heap(
        groups=[(SECRET, "class", 96, 96, state, count, 96 * count, "peek of acme")],
        direct=lost,
        holders=Holders(
            root=TextColumn.of([ROOT]),
            root_kind=TextColumn.of(["global"]),
            path=TextColumn.of([PATH]),
            address=u64(4096),
            bytes=u64(96),
            type_name=TextColumn.of([SECRET]),
            retained=i64(count),
            retained_bytes=u64(96 * count),
        ),
    )


def told(*, is_held: bool):
    """Return a recording, what was judged of it, and its snapshots."""
    made = [
        snapshot_of(grown_heap(20_000 * number, is_held=is_held), number)
        for number in range(1, 5)
    ]
    differences = [compare(*pair) for pair in pairwise(made)]
    heaps = [compare_heaps(*pair) for pair in pairwise(made)]
    recording = Recording(target=TARGET, started_unix_s=STARTED, series={})
    return recording, judge(observe(recording, differences, made, heaps)), made


def texts_of(judgement) -> str:
    return json.dumps(judgement_as_json(judgement, "f.leak"), ensure_ascii=False)


@pytest.mark.parametrize("is_held", [True, False])
def test_a_masked_judgement_names_nothing_however_it_quotes(is_held):
    assert len(SECRET) > 90
    recording, judgement, made = told(is_held=is_held)
    plain = texts_of(judgement)
    assert "…" in plain
    assert any(word in plain for word in PRIVATE)
    masker = Masker.of(recording)
    masker.heap_of(made[-1])
    masked = texts_of(masker.judgement(judgement))
    assert not [word for word in PRIVATE if word in masked]
    assert "class-" in masked
    assert ("root-" in masked) == is_held


@pytest.mark.parametrize("is_held", [True, False])
@pytest.mark.parametrize("shown", [True, False])
def test_nothing_of_it_is_in_a_masked_report(tmp_path, is_held, shown):
    """Also where the newest heap, which is shown, is not the one that is quoted."""
    recording, judgement, made = told(is_held=is_held)
    blind = snapshot_of(heap(groups=None, without="leaked"), 5)
    write_html(
        recording, judgement, (), compare(made[0], made[-1]) if shown else None,
        tmp_path / "r.html", heap=made[-1] if shown else blind,
        judged_heaps=[made[-1].heap], mask=True,
    )  # fmt: skip
    page = (tmp_path / "r.html").read_text("utf-8")
    assert not [word for word in PRIVATE if word in page]


def test_nothing_of_it_is_in_a_masked_table(tmp_path):
    _, _, made = told(is_held=True)
    write_difference(compare(made[0], made[-1]), tmp_path / "d.csv", mask=True)
    table = (tmp_path / "d.csv").read_text("utf-8")
    assert not [word for word in PRIVATE if word in table]


def test_a_variable_has_one_name_with_its_place_and_without():
    masker = Masker()
    root = masker.heap_of(snapshot_of(grown_heap(9, is_held=True))).heap.holders.root[0]
    assert root.endswith("+16")
    told = masker.text("Held by global acme::g_secret_cache (libacmepay.so): 1 KiB")
    assert told == f"Held by {root.removesuffix('+16')}: 1 KiB"
    assert masker.text(f"at {ROOT}") != f"at {ROOT}"


def test_names_that_a_path_leads_over_are_known_by_themselves():
    masker = Masker()
    masker.heap_of(snapshot_of(grown_heap(9, is_held=True)))
    for name in (
        f"acme::Tree<{'Branch' * 12}>",
        "acme::g_secret_cache",
        SECRET,
        "acme::Leaf",
    ):
        assert "acme" not in masker.text(f"look at {name}, there")
    plain = "Look at the path of the owner, 1.50 KiB, in a cache or a global list"
    assert masker.text(plain) == plain


def test_a_name_with_strange_letters_is_known_as_it_is_written():
    masker, name = Masker(), "evil\nname\udc80"
    stand_in = masker.name(name, "class-{}")
    assert (
        masker.text(f"blocks of {printable(name)} grow") == f"blocks of {stand_in} grow"
    )


@given(
    name=st.text("abcdefgh:<>, ", min_size=40, max_size=200),
    most=st.integers(2 * LEAST_LETTERS + 1, 200),
)
def test_however_a_name_is_cut_it_is_found(name, most):
    cut = printable(name, most=most)
    found = replace_cut(f"So much: {cut}, and more.", name, lambda: "X")
    assert found == (
        "So much: X, and more." if "…" in cut else f"So much: {cut}, and more."
    )


def test_another_name_that_begins_alike_is_left_alone():
    one = "std::unordered_map<std::string, acme::First>"
    other = "std::unordered_map<std::string, acme::Other>"
    text = f"of {printable(other, most=30)} and {printable(one, most=30)}"
    assert (
        replace_cut(text, one, lambda: "X") == f"of {printable(other, most=30)} and X"
    )
    for short in ("…", "std::un…", ""):
        assert replace_cut(short, one, lambda: "X") == short
