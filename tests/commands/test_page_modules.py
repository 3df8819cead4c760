"""Modules of pages that are compared with their counterparts in Python."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from commands.pages.inlining import DRAWING, SHARED, joined_modules
from commands.pages.payload import look
from game.session.ending import HARM, ending_sentence, training_part
from game.session.messages import AgentCard
from game.session.trace import AdaptationStep, AdaptationTrace
from game.text.percentage import percentage
from game.text.tiles import TILES

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Evaluate = Callable[..., Any]  # calls a function of JavaScript
LOAD = """async (texts) => {
    for (const [name, text] of Object.entries(texts)) {
        const url = URL.createObjectURL(new Blob([text], {type: "text/javascript"}));
        globalThis[name] = await import(url);
    }
}"""
STATES = """() => {
    const level = {
        agents: [{name: "a", byGradients: true}], live: {agents: {a: {}}}, runs: [], changes: [],
        seeds: [0], stepSize: 1, steps: 2, episodes: null, tasks: [{goal: null}],
    };
    const {openedLevel, withComputed, arrived, atStep, played, advanced, lastStep} = state;
    const walked = {paths: [[0, 1, 2]], episodes: 0};
    const empty = openedLevel(level, null);
    const early = atStep({...empty, wanted: 1}, 5); // before anything is computed
    const one = arrived(withComputed(early, 0, walked));
    const three = arrived(withComputed(withComputed(one, 0, walked), 0, walked));
    let now = played(atStep(three, 2), true);
    const begun = now.step;
    const shown = [];
    while (now.playing && shown.length < 1000) shown.push((now = advanced(now, 0.05, false)).step);
    return {
        steps: [early, one, three].map((one) => one.step), wanted: [one.wanted, three.wanted],
        last: [empty, three].map(lastStep), begun, seen: [...new Set(shown)],
        end: [now.step, now.clock > 0],
    };
}"""
PICTURES = """([look, chars, side]) => chars.map((char) => {
    const canvas = Object.assign(document.createElement("canvas"), {width: side, height: side});
    board.drawTile(canvas.getContext("2d"), char, side, look, false);
    return canvas.toDataURL();
})"""

# the pixels of both cells of a room, with key and door in them, for each number of found things
THINGS = """([look, things, side]) => [0, 1, 2].map((found) => {
    const canvas = new OffscreenCanvas(2 * side, side), g = canvas.getContext("2d");
    board.drawThings(g, [".."], side, look, {found}, [], things);
    return [0, 1].map((cell) => [...g.getImageData(cell * side, 0, side, side).data]);
})"""


@pytest.fixture(scope="module")
def evaluate(browser: Browser) -> Iterator[Evaluate]:
    """Call a function of JavaScript in a page that knows the modules."""
    parts = {
        "sentences": ("sentences.mjs",),
        "board": DRAWING,
        "state": (*SHARED, "data.mjs", "state.mjs"),
    }
    texts = {name: joined_modules(modules) for name, modules in parts.items()}
    with contextlib.closing(browser.new_page()) as page:
        page.evaluate(LOAD, texts)
        yield page.evaluate


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_tile_has_a_picture_of_its_own(evaluate: Evaluate, theme: str):
    known = look()
    chars = [tile.char for tile in TILES]
    facts = {"tiles": known["tiles"], "palette": known["palettes"][theme], "hues": known["hues"]}
    pictures = evaluate(PICTURES, [facts, chars, 24])
    alike = [
        chars[i] + chars[j]
        for i in range(len(chars))
        for j in range(i)
        if pictures[i] == pictures[j]
    ]
    assert alike == []


def test_the_key_is_shown_until_it_is_taken_and_the_door_opens(evaluate: Evaluate):
    """As in the window; in a cell that they share, both are shown."""
    known = look()
    facts = {"tiles": known["tiles"], "palette": known["palettes"]["light"], "hues": known["hues"]}
    apart = evaluate(THINGS, [facts, [[0, "a"], [1, "A"]], 40])
    (key, door), (taken, closed), (gone, opened) = apart
    assert any(key)
    assert any(door)
    assert not any(taken + gone)
    assert closed == door
    assert any(opened)
    assert opened != door
    shared = evaluate(THINGS, [facts, [[1, "a"], [1, "A"]], 40])
    assert not any(value for cells in shared for value in cells[0])
    assert [cells[1] for cells in shared[1:]] == [door, opened]
    assert shared[0][1] not in (key, door)


def test_scores_in_percent_are_those_of_python(evaluate: Evaluate):
    scores = [*np.linspace(-13, 13, 1041).tolist(), 0.125, 0.375, -0.005, -0.001, 0.005, 99.995]
    found = evaluate("(scores) => scores.map(sentences.percent)", scores)
    assert found == list(map(percentage, scores))


def test_runs_computed_in_the_page_end_in_the_sentence_of_python(evaluate: Evaluate):
    """Runs with a moved goal are recorded, and have the sentence of Python itself."""
    rng = np.random.default_rng(0)
    cards = AgentCard("a", 20, training_seconds=90.0, training_levels=40), scratch_card()
    given, sentences = [], []
    for n_agents in (1, 2) * 100:
        traces = [random_trace(rng) for _ in range(n_agents)]
        watched, *scratch = [
            [{"score": one.score(s), "episodes": s.episodes} for s in one.steps] for one in traces
        ]
        facts = {"harm": HARM, "training": training_part(cards[0], n_agents == 2)}
        given.append([watched, scratch[0] if scratch else [], facts])
        sentences.append(ending_sentence(traces, cards[:n_agents]))
    assert evaluate("(all) => all.map((one) => sentences.endingText(...one))", given) == sentences
    for part in ("worse than before", "which is better", "before adaptation;", "after 1 try"):
        assert any(part in text for text in sentences)


def scratch_card() -> AgentCard:
    return AgentCard("scratch", 20, learned=False)


def random_trace(rng: np.random.Generator) -> AdaptationTrace:
    """Return a trace with the same number of episodes in each step."""
    scores, episodes = (
        rng.choice([-0.2, 0.125, 0.4, 0.41, 1.0], rng.integers(1, 4)),
        rng.integers(1, 4),
    )
    none, ints = np.zeros((1, 1, 5)), np.zeros((1, 1, 1), int)
    steps = [
        AdaptationStep(
            k, k * int(episodes), ints[0, 0], k, np.array([score]), None, none, ints, ints
        )
        for k, score in enumerate(scores)
    ]
    return AdaptationTrace("agent", 0.0, 1.0, steps)


def test_states_follow_from_states(evaluate: Evaluate):
    """Steps may be asked for before they are computed; playing goes from the first to the last."""
    found = evaluate(STATES)
    assert found["steps"] == [0, 0, 1]
    assert found["wanted"] == [1, None]
    assert found["last"] == [-1, 2]  # no state was changed in place
    assert found["begun"] == 0
    assert found["seen"] == [0, 1, 2]
    assert found["end"] == [2, True]
