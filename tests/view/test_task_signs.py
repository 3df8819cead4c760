"""The signs on the pictures of the tasks that the editor draws."""

from __future__ import annotations

import pygame
import pytest

from game.authoring.task_strip import StripTask, draw_strip
from game.text.reading import parse
from game.view.draw.task_signs import draw_task_signs, signs_height
from game.view.draw.theme import LIGHT, Appearance

pytestmark = pytest.mark.usefixtures("fonts")
BOX = pygame.Rect(10, 10, 120, 120)
MAP = "\nlegend: q = % cost=3\nmap:\n#####\n#@%?#\n#q~?#\n#####\n"
MANY = "controls: shuffled\ncost: mud={2, 5} water=1..9\nwind: west 0..1"


def drawn(task: StripTask) -> tuple[pygame.Surface, str]:
    """Draw the signs of a task. Return the picture, and the words for what has no sign."""
    surface = pygame.Surface((140, 140))
    surface.fill(LIGHT.goal)
    left = draw_task_signs(surface, BOX, task, Appearance().typeset((1280, 800)))
    return surface, left.caption


def is_marked(surface: pygame.Surface, part: pygame.Rect) -> bool:
    mask = pygame.mask.from_threshold(surface.subsurface(part), LIGHT.goal, (1, 1, 1, 255))
    return mask.count() < part.width * part.height


@pytest.mark.parametrize(
    ("line", "right", "left", "words"),
    [
        ("controls: shuffled", True, False, "goal"),
        ("wind: {none, east 0.2, north 0.4}", False, True, "goal"),
        ("wind: east 0..0.9", False, True, "goal"),
        ("cost: mud=2..9", False, True, "goal"),
        ("slip: 0..0.3", False, False, "goal slip"),
        (MANY, True, True, "goal water"),
    ],
)
def test_what_is_drawn_has_signs_or_words(line: str, right: bool, left: bool, words: str) -> None:
    for task in draw_strip(parse(line + MAP)):
        surface, caption = drawn(task)
        ends = (pygame.Rect(x, BOX.top, 30, 40) for x in (BOX.right - 30, BOX.left))
        assert [is_marked(surface, end) for end in ends] == [right, left]
        assert {word.split()[0] for word in caption.split(", ")} <= {*words.split()}
        high = signs_height([task], BOX.width, Appearance().typeset((1280, 800)))
        surface.fill(LIGHT.goal, (*BOX.topleft, BOX.width, high))
        assert not is_marked(surface, surface.get_rect())


@pytest.mark.parametrize(
    "line",
    [
        "controls: shuffled",
        "wind: {east 0.2, north 0.2}",
        "wind: {none, east 0.2}",
        "cost: mud={2, 5}",
        "legend: z = ~ cost={2, 5}",
    ],
)
def test_other_values_are_other_signs(line: str) -> None:
    tasks = draw_strip(
        parse(line + MAP.replace("~", "z" if "z" in line else "~").replace("?", "G"))
    )
    assert len({pygame.image.tobytes(drawn(one)[0], "RGB") for one in tasks}) == len(tasks) > 1


def test_what_has_no_room_is_left_to_words() -> None:
    names = ("grass", "sand", "mud", "water", "ice", "floor", "coin", "one-way")
    costs = " ".join(f"{name}=1..9" for name in names)
    [task, *_] = draw_strip(parse(f"cost: {costs}\nmap:\n@,:%~Io.>G\n"))
    words = drawn(task)[1]
    assert words
    assert 0 < words.count(",") + 1 < len(task.signs)
