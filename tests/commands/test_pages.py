"""Exported pages, opened from their files in a headless browser."""

from __future__ import annotations

import base64
import json
import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from agents.agent_catalog import agent_card
from agents.default_agents import default_agents
from agents.scratch_agents import with_scratch
from agents.training.worker import trace
from commands import main
from commands.pages import inlining
from commands.pages.inlining import (
    MOST_BYTES,
    TooLargeForPage,
    render_page,
    without_surplus_tables,
)
from commands.pages.many_curves import many_curves, many_ending
from commands.pages.payload import bayes_bound
from commands.pages.recorded_runs import other_goals, task_with_goal
from commands.pages.tour_chapters import chapter, page_stops
from game.session.ending import ending_sentence
from game.session.glossary import TERMS
from game.session.messages import Change, Request
from game.session.replay import line_of
from game.tasks.packs import load_pack
from game.text.tiles import GOAL
from game.world.tables import compile_level
from tests.browser import opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HOSTILE = "</script><script>document.title = 'taken'</script><img src=x onerror=alert(1)>"
LEVEL = "title: Corner {{data}}\nauthor: A & B\nsteps: 12\nmap:\n@.~,\n.#.I\n,..G\n"
OTHER = f"title: {HOSTILE}\ngoal: visible\nsteps: 9\nmap:\na1.A\n@o%1\n.L>G\n"
AGENT = "maml-mazes-9x9"
CALM = {"reduced_motion": "reduce"}
WIDTH_BEFORE_DRAWING = """() => { // no frame is drawn while a script runs
    const level = document.querySelector("#level");
    level.value = "0";
    level.dispatchEvent(new Event("change"));
    return document.documentElement.scrollWidth;
}"""
# the colour at a place of an arm's cell, in the second of two rows of a board; read from a copy,
# since the browser warns of repeated reading
COLOUR = """([arm, x, y]) => {
    const board = document.querySelector("#boards canvas"), side = board.height / 2;
    const copy = new OffscreenCanvas(board.width, board.height).getContext("2d");
    copy.drawImage(board, 0, 0);
    return [...copy.getImageData((arm + x) * side, (1 + y) * side, 1, 1).data].slice(0, 3);
}"""


@dataclass(frozen=True)
class Exported:
    """A page with the levels that it shows."""

    path: Path
    levels: tuple[Path, Path]


def run(*arguments: str) -> int:
    """The exit code of a command."""
    try:
        return main.main(list(arguments))
    except SystemExit as error:
        return int(error.code or 0)


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A page of two small levels."""
    folder = tmp_path_factory.mktemp("a folder of mine")
    levels = folder / "corner.txt", folder / "other.txt"
    for path, text in zip(levels, (LEVEL, OTHER), strict=True):
        path.write_text(text, encoding="utf-8")
    out = folder / "page.html"
    few = ("--seeds", "2", "--goals", "2", "--steps", "2", "--no-step-sizes")
    code = run("export", *map(str, levels), "--agent", AGENT, *few, "--out", str(out))
    assert code == 0
    return Exported(out, levels)


def value(page: Page, expression: str) -> Any:
    return page.evaluate(expression)


def until(page: Page, expression: str) -> None:
    """Wait until an expression is true. The page's policy forbids the driver's own way to wait."""
    for _ in range(1000):
        if value(page, expression):
            return
        page.wait_for_timeout(10)
    raise AssertionError(f"it does not come true: {expression}")


def step(page: Page) -> int:
    return int(page.locator("#step").input_value())


# --- the file ------------------------------------------------------------------------------------


def test_the_page_is_small_and_names_no_path(exported: Exported):
    text = exported.path.read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    assert "a folder of mine" not in text
    assert str(exported.path.parent) not in text


def test_a_page_that_would_be_too_large_is_refused():
    with pytest.raises(TooLargeForPage, match=r"2\.\d MB.*fewer levels"):
        render_page("Large", [{"title": "x" * MOST_BYTES}])


def test_errors_of_the_command(exported: Exported, capsys: pytest.CaptureFixture[str]):
    level = str(exported.levels[0])
    assert run("export", level) == 2
    assert "--out page.html" in capsys.readouterr().err
    assert run("export", level, "--out", "page.html", "--seeds", "0") == 2
    assert run("export", level, "--out", str(exported.path.parent)) == 1
    capsys.readouterr()
    assert run("export", "no-such-level", "--out", str(exported.path.parent)) == 1
    assert "no-such-level" in capsys.readouterr().err
    assert run("export", level, "--out", str(exported.path / "page.html")) == 1
    assert f"{exported.path}: " in capsys.readouterr().err


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no folder that takes no files")
def test_a_folder_that_takes_no_files_has_an_error_with_the_page(
    exported: Exported, capsys: pytest.CaptureFixture[str]
):
    assert run("export", str(exported.levels[0]), "--out", "/proc/self/page.html") == 1
    assert capsys.readouterr().err.startswith("/proc/self/page.html: ")


def test_a_page_of_a_replay_line_has_its_changes(
    browser: Browser, exported: Exported, tmp_path: Path
):
    pack = load_pack(exported.levels[0])
    task = pack.split("test").tasks[0]
    changes = (Change(1, other_goals(task, 1)[0]), Change(2))
    agents, path = (AGENT, "scratch"), str(pack.path)
    request = Request(0, task, 4, 3, agents, pack.name, episodes=3, path=path, changes=changes)
    out, few = tmp_path / "page.html", ("--seeds", "1", "--goals", "3", "--no-step-sizes")
    assert run("export", "--replay", line_of(pack, request), *few, "--out", str(out)) == 0
    assert run("export", "--replay", "level=x", "--agent", AGENT, "--out", str(out)) == 2
    traces = trace(replace(request, agents=tuple(with_scratch(agents, pack.name))))
    cards = [agent_card(name, pack.name) for name in with_scratch(agents, pack.name)]
    with opened(browser, out, **CALM) as page:
        shown = value(page, "gridapt.runs().map(r => r.steps.map(s => s.score))")
        expected = [[one.score(s) for s in one.steps] for one in traces]
        assert shown == [pytest.approx(one, abs=1e-6) for one in expected]
        assert "At step 1 the goal moves." in page.locator("#intro").inner_text()
        page.locator("#step").fill("3")
        sentence = ending_sentence(traces, cards, changes)
        assert page.locator("#ending").inner_text() == sentence
        assert page.locator("#try-card").is_hidden()


def test_a_page_knows_the_bayes_bound_of_a_family():
    pack = load_pack("goals-5x5")
    bound = bayes_bound(pack, pack.split("test").tasks[0])
    assert bound == pytest.approx(0.532, abs=1e-3)


def test_visits_are_those_of_all_episodes(exported: Exported):
    text = exported.path.read_text(encoding="utf-8")
    found = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    step = json.loads(found[1])["levels"][0]["runs"][0]["steps"][0]
    pack = load_pack(exported.levels[0])
    task = pack.split("test").tasks[0]
    [one] = trace(Request(0, task, 0, 0, (AGENT,), pack.name, path=str(pack.path)))
    states = one.steps[0].paths[0]
    assert len(states) == 20
    cells = [divmod(cell, 4) for cell in range(12)]
    places = compile_level(task.level).cell[states[states >= 0]].tolist()
    counts = [places.count([*cell]) for cell in cells]
    expected = [math.ceil(255 * n / max(counts)) for n in counts]
    assert list(base64.b64decode(step["visits"]["data"])) == expected


def test_goals_to_choose_from_lie_apart_and_can_be_reached(exported: Exported):
    task = load_pack(exported.levels[0]).split("test").tasks[0]
    first, second = other_goals(task, 2)
    assert first != second
    for cell in (first, second):
        assert task_with_goal(task, cell).level.find(GOAL) == [cell]


def test_an_agent_with_memory_is_recorded_once_for_all_step_sizes(tmp_path: Path):
    from commands.pages.recorded_runs import plan_recording, precomputed_runs

    level = tmp_path / "corner.txt"
    level.write_text(LEVEL, encoding="utf-8")
    pack = load_pack(level)
    task = pack.split("test").tasks[0]
    request = Request(0, task, 0, 1, ("rl2-mazes-9x9",), pack.name, path=str(level))
    runs = list(precomputed_runs(plan_recording(request, 1, 1, step_sizes=True)))
    assert [one.step_size for one in runs] == [1.0]


# --- in the browser ------------------------------------------------------------------------------


def test_the_page_shows_the_returns_of_python(browser: Browser, exported: Exported):
    pack = load_pack(exported.levels[0])
    task = pack.split("test").tasks[0]
    moved = other_goals(task, 1)[0]
    agents = (AGENT, "scratch")
    compared = with_scratch(agents, pack.name)
    with opened(browser, exported.path, **CALM) as page:
        assert page.title().startswith("Corner {{data}}")
        assert page.locator("h1").inner_text() == "Corner {{data}}"
        assert "by A & B" in page.locator("#byline").inner_text()
        assert "has never seen, beside one" in page.locator("#lede").inner_text()
        for seed, goal in ((0, None), (1, moved)):
            page.select_option("#seed", str(seed))
            page.select_option("#goal", index=0 if goal is None else 1)
            goal_task = task_with_goal(task, goal)
            request = Request(0, goal_task, seed, 2, agents, pack.name, path=str(pack.path))
            traces = trace(request)
            expected = [[one.exact(s) for s in one.steps] for one in traces]
            page.locator("#step").fill("2")
            sentence = ending_sentence(traces, [agent_card(name, pack.name) for name in compared])
            assert page.locator("#ending").inner_text() == sentence
            shown = value(page, "gridapt.runs().map(r => r.steps.map(s => s.returnExact))")
            assert shown == [pytest.approx(one, abs=1e-6) for one in expected]


def test_slider_buttons_keys_and_clicks_on_the_board(browser: Browser, exported: Exported):
    with opened(browser, exported.path, **CALM) as page:
        page.locator("#step").fill("1")
        assert step(page) == 1
        said = page.locator("#said")
        assert said.inner_text().startswith("After 20 episodes: ")
        assert "percent" in (page.locator("#step").get_attribute("aria-valuetext") or "")
        page.locator("#next").click()
        assert page.locator("#next").is_disabled()
        assert " after 40 tries" in page.locator("#ending").inner_text()
        page.locator("body").press("ArrowLeft")
        assert step(page) == 1
        page.locator("body").press("Home")
        assert step(page) == 0
        assert said.inner_text().startswith("Before adaptation: ")
        page.locator("body").press("p")
        assert page.locator("#policy").is_checked()
        goal = value(page, "gridapt.data.levels[0].tasks[1].goal")
        canvas = page.locator("canvas").first
        box = canvas.bounding_box()
        assert box
        side = box["width"] / 4
        where = {"x": (goal % 4 + 0.5) * side, "y": (goal // 4 + 0.5) * side}
        canvas.click(position=where)
        assert value(page, "gridapt.chosen.goal") == goal
        assert page.locator("#goal").input_value() == str(goal)
        page.locator("body").press("Space")
        assert page.locator("#play").inner_text() == "Pause"


def test_nothing_is_wider_than_a_telephone_and_a_hostile_title_stays_a_text(
    browser: Browser, exported: Exported
):
    size = {"width": 360, "height": 740}
    with opened(browser, exported.path, viewport=size, **CALM) as page:
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        for level in ("0", "1"):
            page.select_option("#level", level)
            assert value(page, "document.documentElement.scrollWidth") == 360
        assert page.locator("#goal-field").is_hidden()  # since the goal cannot be moved
        assert page.locator("h1").inner_text() == HOSTILE
        assert page.locator("img").count() == 0
        assert page.title() != "taken"
        assert page.evaluate(WIDTH_BEFORE_DRAWING) == 360


def test_arms_of_a_bandit_have_their_numbers_and_the_policy_is_a_bar_in_each(
    browser: Browser, tmp_path: Path
):
    level, out = tmp_path / "arms.txt", tmp_path / "page.html"
    level.write_text("steps: 1\nworld: bandit arms=7 seed=1\nmap:\n###@###\n.......\n", "utf-8")
    few = ("--seeds", "1", "--steps", "1", "--no-step-sizes")
    assert run("export", str(level), "--agent", "scratch", *few, "--out", str(out)) == 0
    task = load_pack(level).split("test").tasks[0]
    request = Request(0, task, 0, 1, ("scratch",), "arms", path=str(level))
    chances = trace(request)[0].steps[1].action_probs[0, 0]
    with opened(browser, out, color_scheme="light", **CALM) as page:
        page.locator("#step").fill("1")
        shown = value(page, "[...gridapt.runs()[0].steps[1].probs[0]]")
        assert shown == pytest.approx(chances, abs=1 / 255)
        assert page.locator("#optimum").is_hidden()
        numbers = value(page, "gridapt.data.levels[0].tasks[0].badges")
        assert numbers == [[7 + i, f"{i + 1}"] for i in range(7)]
        card = value(page, "gridapt.data.palettes.light.card")
        until(page, "document.querySelector('#boards canvas').style.width")  # drawn
        beside_digits = [page.evaluate(COLOUR, [arm, 0.65, 0.78]) for arm in range(7)]
        assert beside_digits.count(card) >= 6  # the agent covers one
        foot = [int(chances.argmax()), 0.2, 0.95]  # of the highest bar
        floor = page.evaluate(COLOUR, foot)
        page.locator("body").press("p")
        until(page, f"({COLOUR})({foot}).reduce((a, b) => a + b) < {sum(floor) / 2}")


def test_the_key_of_a_room_is_shown_until_the_agent_has_it(browser: Browser, tmp_path: Path):
    level, out = tmp_path / "room.txt", tmp_path / "page.html"
    text = "steps: 2\nworld: key-to-door key=2,1 door=2,4\nmap:\n####\n.@..\n"
    level.write_text(text, "utf-8")
    few = ("--seeds", "1", "--steps", "1", "--no-step-sizes")
    assert run("export", str(level), "--agent", "scratch", *few, "--out", str(out)) == 0
    with opened(browser, out, color_scheme="light", **CALM) as page:
        texts = page.locator("#legend li").all_inner_texts()
        assert texts == ["key, hidden from the agent", "door, hidden from the agent"]
        until(page, "document.querySelector('#boards canvas').style.width")  # drawn
        hue = pytest.approx(value(page, "gridapt.data.palettes.light.goal"), abs=9)
        assert page.evaluate(COLOUR, [3, 0.08, 0.07]) == hue  # the door's frame
        ends = value(page, "[...gridapt.runs()[0].steps[0].paths].map(path => path.at(-1))")
        found = [state % 3 for state in ends]
        assert {0, 1} <= set(found)  # episodes without the key, and with it
        for episode in reversed(range(len(found))):
            assert value(page, "gridapt.at.episode") == episode
            assert (page.evaluate(COLOUR, [0, 0.08, 0.07]) == hue) == (found[episode] == 0)
            drawn = value(page, "gridapt.frames()")
            page.locator("body").press("ArrowUp")
            if episode:
                until(page, f"gridapt.frames() > {drawn}")


def test_a_checker_of_accessibility_finds_nothing(browser: Browser, exported: Exported):
    from axe_playwright_python.sync_playwright import Axe

    with opened(browser, exported.path, color_scheme="light", **CALM) as page:
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.locator("button.explain").first.click()
        for theme in ("light", "dark"):
            assert page.locator("html").evaluate("e => getComputedStyle(e).colorScheme") == theme
            found = Axe().run(page).response["violations"]
            faults = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
            assert faults == []
            page.locator("#theme").click()


def test_terms_explain_themselves_by_keyboard_and_touch(browser: Browser, exported: Exported):
    with opened(browser, exported.path, has_touch=True, **CALM) as page:
        terms = page.locator("[data-term]")
        assert terms.count() == page.locator("button.explain").count() > 5
        meaning = page.locator("#meaning")
        assert meaning.is_hidden()
        page.get_by_role("button", name="What does “seed” mean?").tap()
        assert meaning.inner_text() == f"Seed: {TERMS['seed']}"
        page.locator("body").press("Escape")
        assert meaning.is_hidden()
        page.get_by_role("button", name="What does “policy” mean?").press("Enter")
        assert meaning.inner_text() == f"Policy: {TERMS['policy']}"
        assert not page.locator("#policy").is_checked()


def test_agents_adapt_in_the_page(browser: Browser, exported: Exported):
    with opened(browser, exported.path, **CALM) as page:
        workers: list[object] = []
        page.on("worker", lambda worker: workers.append(worker))
        before = value(page, "gridapt.runs().map(r => r.steps[0].returnExact)")
        page.evaluate("Math.random = () => 0.25")  # from which a new seed follows
        page.locator("body").press("r")
        until(page, "gridapt.runs().every(r => r.steps.length === 3)")
        assert value(page, "gridapt.chosen.seed") >= 1000
        assert "this page" in page.locator("#computing").inner_text()
        page.locator("#episodes").fill("5")
        page.select_option("#goal", index=page.locator("#goal option").count() - 1)
        until(page, "gridapt.runs().every(r => r.steps.length === 3)")
        assert value(page, "gridapt.runs().map(r => r.steps[2].episodes)") == [10, 10]
        goal = divmod(value(page, "gridapt.chosen.goal"), 4)
        seed = value(page, "gridapt.chosen.seed")
        task = task_with_goal(load_pack(exported.levels[0]).split("test").tasks[0], goal)
        path = str(exported.levels[0])
        request = Request(0, task, seed, 2, (AGENT, "scratch"), path, episodes=5, path=path)
        expected = [[one.exact(s) for s in one.steps] for one in trace(request)]
        shown = value(page, "gridapt.runs().map(r => r.steps.map(s => s.returnExact))")
        assert shown == [pytest.approx(one, abs=1e-3) for one in expected]
        assert workers  # else it has run on the main thread
        page.locator("#reset").click()
        assert value(page, "gridapt.runs()[0].steps[0].returnExact") == before[0]
        page.evaluate("void (Worker = function () { throw new Error('refused'); })")
        page.select_option("#goal", index=page.locator("#goal option").count() - 1)
        page.locator("#episodes").fill("5")
        offer = f"const s = document.getElementById('seed'); s.add(new Option('', '{seed}'))"
        page.evaluate(f"{{ {offer}; s.value = '{seed}'; s.dispatchEvent(new Event('change')) }}")
        until(page, "gridapt.runs().every(r => r.steps.length === 3)")
        assert value(page, "gridapt.runs().map(r => r.steps.map(s => s.returnExact))") == shown


def test_agents_adapt_in_the_page_beside_one_that_cannot(
    browser: Browser, exported: Exported, tmp_path: Path
):
    out, few = tmp_path / "page.html", ("--seeds", "1", "--steps", "2", "--no-step-sizes")
    names = ("--agent", "rl2-mazes-9x9", "--versus", AGENT)
    assert run("export", str(exported.levels[0]), *names, *few, "--out", str(out)) == 0
    with opened(browser, out, **CALM) as page:
        assert AGENT in page.locator("#live-agents").inner_text()
        before = value(page, "gridapt.runs()[0].steps.map(s => s.returnExact)")
        page.locator("body").press("r")
        until(page, "gridapt.runs().every(r => r.steps.length === 3)")
        assert value(page, "gridapt.runs()[0].steps.map(s => s.returnExact)") == before
        seeds = value(page, "gridapt.runs().map(r => r.seed)")
        assert seeds[0] == 0
        assert seeds[1] >= 1000
        assert "rl2-mazes-9x9: recorded with seed 0." in page.locator("#size-note").inner_text()


def test_a_page_in_which_nothing_adapts_says_why(
    browser: Browser, exported: Exported, tmp_path: Path
):
    out, few = tmp_path / "page.html", ("--seeds", "1", "--goals", "1", "--steps", "1")
    names = ("--agent", "rl2-mazes-9x9", "--versus", "none")
    assert run("export", str(exported.levels[0]), *names, *few, "--out", str(out)) == 0
    with opened(browser, out, **CALM) as page:
        reason = "All runs here are recorded: none of the agents takes gradient steps."
        assert reason in page.locator("#intro").inner_text()
        assert page.locator("#live").is_hidden()


def test_a_chapter_of_the_tour_asks_before_it_shows(
    browser: Browser, exported: Exported, tmp_path: Path
):
    text = exported.path.read_text(encoding="utf-8")
    found = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    stops = page_stops()[:2]
    levels = json.loads(found[1])["levels"]
    shown = [one | {"chapter": chapter(stop, stops)} for one, stop in zip(levels, stops)]
    pack = load_pack(exported.levels[1])
    request = Request(0, pack.split("test").tasks[0], 0, 2, (AGENT, "scratch"), pack.name)
    many = many_curves(pack, replace(request, path=str(pack.path), episodes=20))
    many["ending"] = many_ending(many, [agent["name"] for agent in shown[1]["agents"]])
    shown[1] |= {"many": many}
    (tmp_path / "tour.html").write_text(render_page("Tour", shown), encoding="utf-8")
    with opened(browser, tmp_path / "tour.html", **CALM) as page:
        assert page.locator("h2#chapter-heading").inner_text() == stops[0].heading
        assert page.locator("#chart .grid").count() > 0
        assert page.locator("#chart polyline").count() == 0
        assert page.locator("#ending").inner_text().startswith("Your answer comes first")
        page.locator("body").press("ArrowRight")
        assert step(page) == 0
        choice = stops[0].choice
        assert choice
        assert choice.right is not None
        page.locator("#answers button").nth(choice.right).click()
        assert page.locator("#verdict").inner_text() == f"Right. {choice.reason}"
        assert page.locator("#chart polyline").count() > 0
        assert "answer" not in page.locator("#ending").inner_text()
        assert step(page) == 2  # of which the verdict tells
        page.locator("#chapter-next").click()
        assert page.locator("h2#chapter-heading").inner_text() == stops[1].heading
        assert "average on 1 level" in page.locator("#chart-heading").text_content()
        assert page.locator("#returns-label").is_hidden()
        page.locator("#answers button").first.click()
        assert page.locator("#chart .thin").count() == 2
        page.locator("#step").fill("2")
        assert page.locator("#ending").inner_text() == many["ending"]
        assert many["ending"].startswith(f"Mean over 1 level: {AGENT} ")


def tour_page(exported: Exported, names: tuple[str, ...], out: Path) -> None:
    """Write a page whose chapters, on the levels of another page, have the words of these stops."""
    found = re.search(r'id="data">(.*?)</script>', exported.path.read_text(), re.DOTALL)
    assert found
    levels, stops = json.loads(found[1])["levels"], page_stops()
    known = {stop.name: chapter(stop, stops) for stop in stops}
    shown = [one | {"chapter": known[name]} for one, name in zip(levels, names)]
    out.write_text(render_page("Tour", shown), encoding="utf-8")


def test_a_question_shows_nothing_before_its_answer_and_plays_to_the_end_after_it(
    browser: Browser, exported: Exported, tmp_path: Path
):
    tour_page(exported, ("why few steps", "when fair"), tmp_path / "tour.html")
    with opened(browser, tmp_path / "tour.html", reduced_motion="no-preference") as page:
        assert page.locator("#chart polyline").count() == 0
        page.locator("#answers button").first.click()
        assert page.locator("#chart polyline").count() > 0
        for _ in range(5):
            page.keyboard.press("+")  # faster
        until(page, "gridapt.at.step === 2 && !gridapt.at.playing")
        page.locator("#chapter-next").click()  # it asks about the finished chart
        assert page.locator("#chart polyline").count() > 0


def test_boards_and_chart_can_be_clicked_for_answers(
    browser: Browser, exported: Exported, tmp_path: Path
):
    tour_page(exported, ("why few steps", "when fair"), tmp_path / "tour.html")
    with opened(browser, tmp_path / "tour.html", **CALM) as page:
        chosen = page.locator("#answers [aria-pressed=true]")
        width = page.locator("#chart").evaluate("e => e.clientWidth")
        page.locator("#chart").click(position={"x": width - 80, "y": 60})
        assert chosen.inner_text() == "the one at the end"
        page.locator("#chart").click(position={"x": 60, "y": 60})
        assert chosen.inner_text() == "the one at the beginning"
        page.locator("#chapter-next").click()
        page.locator("#boards canvas").last.click()
        assert chosen.inner_text() == "the boards of one maze"
        page.locator("#chart").click()
        assert chosen.inner_text() == "the chart of all 20"
    for stop in page_stops():
        if stop.choice and stop.choice.is_on_screen:
            assert None not in chapter(stop, page_stops())["choice"]["places"]


def test_the_page_of_the_tour_has_what_a_page_can_show():
    names = [stop.name for stop in page_stops()]
    assert names[:2] == ["scratch", "meta"]
    assert {"long", "when fair"} <= set(names)
    assert {"you", "inner", "make"}.isdisjoint(names)


def test_curves_of_many_tasks_stand_beside_those_with_the_own_settings():
    pack = load_pack("goals-5x5")
    task = pack.split("test").tasks[0]
    request = Request(0, task, 0, 1, ("maml-goals-5x5",), pack.name, step_size=0.1)
    many = many_curves(pack, request)
    assert many["count"] == len(pack.split("test").tasks[:20])
    [[before, after]], [own] = many["curves"], many["own"]
    assert after["mean"] == pytest.approx(np.mean(after["scores"]), abs=1e-3)
    assert [one["episodes"] for one in own] == [before["episodes"], after["episodes"]]
    assert own[1]["mean"] > after["mean"]


def test_tables_are_left_out_of_pages_that_would_be_too_large():
    levels = [{"title": "a", "live": "x" * 900_000}, {"title": "b", "live": "x" * 800_000}]
    kept = without_surplus_tables(levels)
    assert [bool(one["live"]) for one in kept] == [False, True]


def test_a_replay_line_with_many_steps_makes_a_page_without_choices(
    exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The window saves the page of what is watched, and nobody can choose less there."""
    pack = load_pack(exported.levels[0])
    out = tmp_path / "recordings" / "page.html"  # a folder that is not there yet
    task = pack.split("test").tasks[0]
    line = line_of(pack, Request(0, task, 4, 2, (AGENT,), pack.name, path=str(pack.path)))
    rendered = inlining.render_page

    def refuse_choices(title: str, levels: list[dict[str, Any]]) -> str:
        if len(levels[0]["runs"]) > 1:
            raise TooLargeForPage("too large")
        return rendered(title, levels)

    monkeypatch.setattr(inlining, "render_page", refuse_choices)
    few = ("--seeds", "2", "--goals", "2", "--no-step-sizes")
    assert run("export", "--replay", line, *few, "--out", str(out)) == 0
    text = out.read_text(encoding="utf-8")
    assert '"seeds":[4]' in text
    assert text.count('"agent":"maml-mazes-9x9","seed":4') == 1


def test_default_agents_are_in_the_page_as_far_as_they_fit(
    browser: Browser,
    exported: Exported,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    first, *further, scratch = default_agents(load_pack(exported.levels[0]))
    few = ("--seeds", "1", "--goals", "1", "--steps", "1", "--no-step-sizes")
    out, rendered = tmp_path / "page.html", inlining.render_page
    names = "gridapt.data.levels[0].agents.map(a => a.name)"
    assert run("export", str(exported.levels[0]), *few, "--out", str(out)) == 0
    with opened(browser, out, **CALM) as page:
        assert value(page, names) == [first, *further, scratch]

    def refuse_three(title: str, levels: list[dict[str, Any]]) -> str:
        if len(levels[0]["agents"]) > 2:
            raise TooLargeForPage("too large")
        return rendered(title, levels)

    monkeypatch.setattr(inlining, "render_page", refuse_three)
    assert run("export", str(exported.levels[0]), *few, "--out", str(out)) == 0
    assert "beside the first one and scratch do not fit" in capsys.readouterr().err
    with opened(browser, out, **CALM) as page:
        assert value(page, names) == [first, scratch]
        assert value(page, "gridapt.runs().length") == 2
        page.locator("#step").fill("1")
        assert "from scratch" in page.locator("#ending").inner_text()


def test_reduced_motion_begins_still_and_other_pages_play(browser: Browser, exported: Exported):
    with opened(browser, exported.path, **CALM) as page:
        assert not value(page, "gridapt.at.playing")
    with opened(browser, exported.path, reduced_motion="no-preference") as page:
        assert value(page, "gridapt.at.playing")
        until(page, "gridapt.at.clock > 0.05 && gridapt.frames() > 1")
