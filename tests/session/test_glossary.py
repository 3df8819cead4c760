"""One glossary: the window's terms and the page of the documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from game.session.glossary import OTHER_WORDS, TERMS, glossary_page, terms_in

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_the_text_of_the_window():
    assert (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8") == glossary_page()
    for page in ("README.md", "docs/meta-rl.md"):
        assert "glossary.md" in (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("term", TERMS)
def test_an_explanation_is_short_and_a_sentence(term: str):
    text = TERMS[term]
    assert 30 < len(text) <= 220
    assert text[0].isupper()
    assert text.endswith(".")


def test_every_other_word_leads_to_a_term():
    assert set(OTHER_WORDS.values()) <= set(TERMS)
    assert not {word.lower() for word in OTHER_WORDS} & {term.lower() for term in TERMS}


def test_terms_are_found_as_whole_words_and_the_longest_first():
    found = [term for *_, term in terms_in("Bayes bound; Adaptation step 2, three episodes")]
    assert found == ["Bayes bound", "adaptation step", "episode"]
    assert not list(terms_in("multitask, re-adapting, valued, randomly"))
