"""The gallery: its cards, its panel, and the agents that it offers."""

from __future__ import annotations

import itertools
from typing import Any

import pygame
import pytest

from commands.agent_choices import AgentChoices
from game.tasks.packs import load_pack
from game.view.draw.theme import Typeset
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.library import Library
from game.view.model.listed_agents import list_agents, read_cards
from game.view.screens.gallery import Gallery
from game.view.screens.level_pictures import LevelPictures
from tests.view_data import AGENTS, FixedAgents, Slow, press

pytestmark = pytest.mark.usefixtures("fonts")
SIZES = [(480, 480), (960, 640), (1280, 800)]


def gallery(*packs: str) -> Gallery:
    """Return a gallery of these shipped packs alone, with everything loaded."""
    library = Library((), BackgroundJobs(at_once=True))
    library.shipped = [load_pack(name).path for name in packs]
    screen = Gallery(library, FixedAgents(), chosen=AGENTS)
    screen.update(1.0)
    return screen


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, pygame.Rect, pygame.Rect]]:
    """The texts that are written, each with its place in the window and the part that is seen."""
    found: list[tuple[str, pygame.Rect, pygame.Rect]] = []
    write = Typeset.write

    def note(
        self: Typeset, surface: pygame.Surface, text: str, *rest: Any, **at: Any
    ) -> pygame.Rect:
        place = write(self, surface, text, *rest, **at)
        corner = surface.get_abs_offset()
        found.append((text, place.move(corner), place.clip(surface.get_rect()).move(corner)))
        return place

    monkeypatch.setattr(Typeset, "write", note)
    return found


@pytest.mark.parametrize("size", SIZES)
def test_no_text_lies_over_another_while_scrolling(
    size: tuple[int, int], written: list[tuple[str, pygame.Rect, pygame.Rect]]
) -> None:
    screen, surface = gallery("showcase", "goals-5x5", "rewards"), pygame.Surface(size)
    for scroll in range(0, 1500, 53):
        screen.grid.scroll = scroll
        written.clear()
        screen.draw(surface)
        for (one, _, here), (other, _, there) in itertools.combinations(written, 2):
            shared = here.clip(there)
            assert shared.width < 2 or shared.height < 3, (one, other, scroll)


@pytest.mark.parametrize("size", SIZES)
def test_the_text_of_each_pack_is_whole(
    size: tuple[int, int], written: list[tuple[str, pygame.Rect, pygame.Rect]]
) -> None:
    names = ("gridnavi", "rewards")
    screen, seen = gallery(*names), set()
    screen.draw(pygame.Surface(size))
    for row in screen.grid.rows:
        screen.grid.scroll = row.top
        written.clear()
        screen.draw(pygame.Surface(size))
        seen |= {text for text, place, part in written if part == place}
    assert all(set(row.lines) <= seen for row in screen.grid.rows)
    shown = {" ".join(row.lines) for row in screen.grid.rows}
    assert {" ".join(load_pack(name).text.split()) for name in names} <= shown


def test_the_title_of_a_pack_stays_while_its_text_is_scrolled_away(
    written: list[tuple[str, pygame.Rect, pygame.Rect]],
) -> None:
    screen, surface = gallery("gridnavi"), pygame.Surface((480, 480))
    screen.draw(surface)
    row = next(row for row in screen.grid.rows if row.lines)
    for scroll in range(row.top, row.top + row.height // 2):
        screen.grid.scroll = scroll
        written.clear()
        screen.draw(surface)
        whole = {text for text, place, part in written if part == place}
        assert row.heading in whole
        assert {text for text, _, _ in written} & set(row.lines) <= whole


@pytest.mark.parametrize("zoom", [0, 2])
@pytest.mark.parametrize("size", SIZES)
def test_nothing_leaves_the_panel(
    size: tuple[int, int], zoom: int, written: list[tuple[str, pygame.Rect, pygame.Rect]]
) -> None:
    """Each text is within the margins of the window."""
    screen, surface = gallery("showcase", "dynamics"), pygame.Surface(size)
    screen.appearance.zoom = zoom
    for number in range(0, 20, 3):
        screen.select(number)
        written.clear()
        screen.draw(surface)
        inside = surface.get_rect().inflate(-2 * screen.grid.type.unit, 0)
        for text, place, _ in written:
            assert inside.left <= place.left <= place.right <= inside.right, text


def test_a_search_while_levels_are_loaded_says_so(
    written: list[tuple[str, pygame.Rect, pygame.Rect]],
) -> None:
    jobs = Slow()
    jobs.let = False
    library, surface = Library((), jobs), pygame.Surface(SIZES[1])
    library.shipped = [load_pack(name).path for name in ("showcase", "rewards")]
    screen = Gallery(library, FixedAgents(), chosen=AGENTS)
    screen.levels.query = "no such level"
    screen.update(0.1)
    screen.draw(surface)
    texts = [text for text, *_ in written]
    assert any("Loading levels: 0 of" in text and "so far" in text for text in texts), texts
    assert "0 levels so far" in texts
    jobs.let = True
    screen.update(0.1)
    screen.draw(surface)
    assert "No level matches the search." in [text for text, *_ in written]


def test_agents_that_suit_the_pack_come_first() -> None:
    """Its own agent, others that were trained on it, generalists, and untrained ones."""
    agents = AgentChoices()
    pack, cards = load_pack("opponents"), read_cards(agents)
    listed = list_agents(cards, agents, pack)
    suiting = [one.name for one in listed if one.suits]
    assert suiting[0] == "maml-opponents"
    assert suiting[1:3] == ["multitask-opponents", "rl2-opponents"]
    assert suiting[3:5] == list(agents.defaults(None))[:2]
    assert {"scratch", "random", "planner"} <= set(suiting)
    assert "maml-mazes-9x9" not in suiting
    assert [one.suits for one in listed] == sorted((one.suits for one in listed), reverse=True)
    said = {one.name: (one.training, one.about) for one in listed}
    assert said["cavia-mazes-9x9"] == (
        "trained on mazes-9x9",
        "gradient steps on a context vector",
    )
    assert said["scratch"] == ("not trained", "gradient steps from random weights")
    assert all(about for _, about in said.values())


def test_each_pack_has_its_own_agents_until_somebody_chooses() -> None:
    library = Library((), BackgroundJobs(at_once=True))
    library.shipped = [load_pack(name).path for name in ("opponents", "rewards")]
    screen = Gallery(library, AgentChoices())
    screen.update(0.1)
    assert screen.fields.agents == ("maml-opponents", "scratch")
    screen.next_pack()
    screen.update(0.1)
    assert screen.fields.agents == ("maml-rewards", "scratch")
    screen.open()
    assert screen.navigation
    assert screen.navigation.by_default
    screen.fields.choose_agent("agent", "maml-worlds")
    screen.previous_pack()
    screen.update(0.1)
    assert screen.fields.value("agent") == "maml-worlds"


@pytest.mark.parametrize("size", SIZES)
def test_the_list_of_agents_says_what_each_is(
    size: tuple[int, int], written: list[tuple[str, pygame.Rect, pygame.Rect]]
) -> None:
    library = Library((), BackgroundJobs(at_once=True))
    library.shipped = [load_pack("rewards").path]
    screen, surface = Gallery(library, AgentChoices(), by_default=True), pygame.Surface(size)
    screen.update(0.1)
    screen.next_field()
    screen.move_down()
    assert screen.agent_list
    for _ in screen.agent_list.agents[1:]:
        screen.handle(press(pygame.K_DOWN))
        written.clear()
        screen.draw(surface)
        inside = screen.agent_list.box
        assert surface.get_rect().contains(inside)
        assert all(inside.contains(row) for row, _ in screen.agent_list.places)
        texts = [text for text, *_ in written]
        listed = texts[texts.index("Choose the agent") :]
        assert not [text for text in listed if text.endswith("…")]
    screen.handle(press(pygame.K_x, "x"))
    assert not screen.levels.query
    screen.handle(press(pygame.K_ESCAPE))
    assert screen.agent_list is None
    assert screen.fields.value("agent") == "maml-rewards"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sign", ["o", "M"])
def test_cards_show_coins_and_opponents(size: tuple[int, int], sign: str) -> None:
    """Where the map has them, the picture of a card is not that of the floor."""
    screen = gallery({"o": "rewards", "M": "opponents"}[sign])
    screen.draw(pygame.Surface(size))
    task = screen.levels.items[1].task
    assert task
    picture = LevelPictures().thumbnail(
        task, screen.grid.thumbnail_side, screen.grid.type.palette, False
    )
    assert picture
    cell = picture.get_width() // task.level.width
    (row, column), floor = task.level.find(sign)[0], task.level.find(".")[0]

    def colours(at: tuple[int, int]) -> set[tuple[int, ...]]:
        box = pygame.Rect(at[1] * cell, at[0] * cell, cell, cell).inflate(-cell // 2, -cell // 2)
        points = itertools.product(range(*_ends(box.left, box.w)), range(*_ends(box.top, box.h)))
        return {tuple(picture.get_at(point)) for point in points}

    assert len(colours((row, column))) > len(colours(floor)) + 2


def _ends(start: int, length: int) -> tuple[int, int]:
    return start, start + length
