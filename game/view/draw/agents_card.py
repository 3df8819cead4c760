"""The card that lists agents, over the gallery."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from game.view.draw.scroll_bar import draw_scroll_bar
from game.view.draw.theme import Typeset, mix
from game.view.model.listed_agents import ListedAgent

WIDTH = 560  # px at scale 1, at most
HINT = "↑ ↓ choose   Enter take   Esc close"


def draw_agent_list(
    surface: pygame.Surface,
    room: pygame.Rect,
    heading: str,
    agents: Sequence[ListedAgent],
    selected: int,
    type: Typeset,
) -> tuple[pygame.Rect, list[tuple[pygame.Rect, int]]]:
    """Draw name and words of each agent at the right of `room`, greyed where it does not suit.

    Return the place of the card, and those of the agents in view with their numbers.
    """
    unit, palette = type.unit, type.palette
    line = type.height("label") + type.height("small") + unit
    head = type.height("heading") + type.height("small") + 6 * unit
    shown = max(1, min(len(agents), (room.height - head) // line))
    first = min(max(0, selected - shown // 2), len(agents) - shown)
    box = pygame.Rect(0, room.top, min(room.width, round(WIDTH * type.scale)), head + shown * line)
    box.right = room.right
    pygame.draw.rect(surface, palette.card, box, border_radius=unit)
    pygame.draw.rect(surface, palette.agent, box, 2, border_radius=unit)
    inside = box.inflate(-4 * unit, -4 * unit)
    title = type.write(surface, heading, "heading", palette.ink, topleft=inside.topleft)
    rows = pygame.Rect(inside.left - unit, title.bottom + unit, inside.width + 2 * unit, 0)
    rows.height = shown * line
    places = []
    for i in range(first, first + shown):
        row = pygame.Rect(rows.left, rows.top + (i - first) * line, rows.width - unit, line)
        if i == selected:
            pygame.draw.rect(surface, mix(palette.agent, palette.card, 0.86), row, border_radius=5)
        _draw_agent(surface, row.inflate(-2 * unit, -unit), agents[i], type)
        places.append((row, i))
    draw_scroll_bar(surface, rows, first, shown, len(agents), type)
    hint = type.fit(HINT, "small", inside.width)
    type.write(surface, hint, "small", palette.muted, bottomleft=inside.bottomleft)
    return box, places


def _draw_agent(
    surface: pygame.Surface, row: pygame.Rect, agent: ListedAgent, type: Typeset
) -> None:
    """Draw an agent's name, and what it is below."""
    palette = type.palette
    hue = palette.ink if agent.suits else palette.muted
    name = type.fit(agent.name, "label", row.width)
    place = type.write(surface, name, "label", hue, topleft=row.topleft)
    about = type.fit(agent.about, "small", row.width)
    type.write(surface, about, "small", palette.muted, topleft=(row.left, place.bottom))
