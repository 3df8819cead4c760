/**
 * Words that explain themselves: where the mouse rests on them, and by a button beside them.
 */
import { find } from "./elements.mjs";

const WIDTH = 320, GAP = 6, EDGE = 8; // of the explanation, in pixels

/** Explain the words of the page that have a meaning here. */
export function explainTerms(/** @type {Record<string, string>} */ terms) {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-term]"))) {
    const term = element.dataset.term ?? "", meaning = terms[term];
    if (!meaning || element.title) continue;
    element.title = meaning;
    (element.closest("label") ?? element).after(explainer(term, meaning)); // a label has room for one control
  }
}

/** A button that explains a term. */
function explainer(/** @type {string} */ term, /** @type {string} */ meaning) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "explain screen-only", textContent: "i" });
  button.setAttribute("aria-label", `What does “${term}” mean?`);
  button.popoverTargetElement = find("meaning"); // which opens it, and closes it again
  button.addEventListener("click", () => prepare(button, term, meaning));
  return button;
}

/** Fill the explanation, and put it below a button. */
function prepare(/** @type {HTMLElement} */ button, /** @type {string} */ term, /** @type {string} */ meaning) {
  const { left, bottom } = button.getBoundingClientRect(), width = Math.min(WIDTH, innerWidth - 2 * EDGE);
  const x = Math.max(EDGE, Math.min(left, document.documentElement.clientWidth - width - EDGE));
  const word = document.createElement("b");
  word.textContent = `${term[0].toUpperCase()}${term.slice(1)}: `;
  find("meaning").replaceChildren(word, meaning);
  Object.assign(find("meaning").style, { left: `${x + scrollX}px`, top: `${bottom + scrollY + GAP}px`, width: `${width}px` });
}
