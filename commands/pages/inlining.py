"""A page as one self-contained file: template, style sheet, modules and data, inlined."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from commands.pages.payload import Json, glossary, look, not_live_text
from game.text.visible import visible
from game.view.draw.theme import PALETTES, Palette

FOLDER = Path(__file__).resolve().parent
SHARED = ("matrices.mjs", "packing.mjs")
# each uses the ones before it
DRAWING = ("pen.mjs", "tile_marks.mjs", "board.mjs")
MODULES = (
    *(*SHARED, *DRAWING, "elements.mjs", "sentences.mjs", "data.mjs", "chart.mjs", "live.mjs"),
    *(
        "state.mjs",
        "stage.mjs",
        "readout.mjs",
        "chapter.mjs",
        "controls.mjs",
        "terms.mjs",
        "page.mjs",
    ),
)
LIVE_MODULES = (
    *SHARED,
    *("random.mjs", "network.mjs", "controls_belief.mjs", "policies.mjs", "adaptation.mjs"),
)
MOST_BYTES = 2_000_000  # of a page
TOO_LARGE = "tables of all agents and levels would not fit into the page"
SLOT = re.compile(r"\{\{(\w+)\}\}")


class TooLargeForPage(ValueError):
    """A page would be too large; the message says what to do."""


def render_page(title: str, levels: Sequence[Json]) -> str:
    """Return the text of a page that shows these levels, see `level_payload`.

    Raises TooLargeForPage.
    """
    data = {**look(), "levels": list(levels), "terms": glossary()}
    text = _filled(
        (FOLDER / "page.html").read_text(encoding="utf-8"),
        {
            "title": html.escape(visible(title)),
            "style": colours() + (FOLDER / "page.css").read_text(encoding="utf-8"),
            "script": joined_modules(MODULES),
            "live": joined_modules(LIVE_MODULES),
            "data": json_for_script(data),
        },
    )
    size = len(text.encode())
    if size > MOST_BYTES:
        what = f"the page would have {size / 1e6:.1f} MB, and at most {MOST_BYTES / 1e6:.0f} fit"
        raise TooLargeForPage(
            f"{what} - export fewer levels, or less of --steps, --seeds and --goals"
        )
    return text


def without_surplus_tables(levels: Sequence[Json]) -> list[Json]:
    """Return levels that take three quarters of a page at most, if that is possible by leaving out
    with which the page adapts agents itself: the largest tables first."""
    kept, sizes = list(levels), [len(json_for_script(one)) for one in levels]
    tables = [len(json_for_script(one.get("live"))) for one in levels]
    for i in sorted(range(len(kept)), key=lambda i: -tables[i]):
        if sum(sizes) <= 0.75 * MOST_BYTES:
            break
        if tables[i] > len("null"):
            kept[i] = kept[i] | {"live": None, "notLive": not_live_text(TOO_LARGE)}
        sizes[i] -= tables[i]
    return kept


def without_choices(level: Json) -> Json:
    """Return a level with the recorded runs of its first seed alone, with its own step size and
    goal."""
    own = level["seeds"][0], level["stepSize"], None
    kept = {
        name: [one for one in level[name] if (one["seed"], one["stepSize"], one["goal"]) == own]
        for name in ("runs", "endings")
    }
    return level | {"seeds": [own[0]], "stepSizes": [own[1]], **kept}


def json_for_script(data: Json | None) -> str:
    """Return JSON that may stand in a script element, whatever its texts are."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


def colours() -> str:
    """Return style rules that name the colours of both themes."""
    light, dark = _variables(PALETTES["light"]), _variables(PALETTES["dark"])
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light])"
        f"{{color-scheme:dark;{dark}}}}}\n"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
    )


def _variables(palette: Palette) -> str:
    names = ("paper", "card", "ink", "muted", "rule", "faint", "goal", "alert")
    found = {name: getattr(palette, name) for name in names}
    for kind in ("agents", "texts"):
        found |= {f"{kind}-{i}": colour for i, colour in enumerate(getattr(palette, kind))}
    return "".join(f"--{name}:rgb({r} {g} {b});" for name, (r, g, b) in found.items())


def _filled(template: str, slots: Mapping[str, str]) -> str:
    """Return a template with its slots filled at once, so that no text is taken for a slot."""
    return SLOT.sub(lambda found: slots[found[1]], template)


def joined_modules(names: Sequence[str]) -> str:
    """Return modules as one: they follow each other, so imports fall away."""
    joined = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)
    return re.sub(r"^import [^;]*? from \"\./\w+\.mjs\";\n", "", joined, flags=re.MULTILINE)
