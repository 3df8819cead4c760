/**
 * The elements of the page: found, filled with texts, and never written to without need.
 */

/** The element with an id, which the template has. */
export const find = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/** Show a text, unless it is shown already: screen readers would say it again. */
export function setText(/** @type {string} */ id, /** @type {string} */ text) {
  if (find(id).textContent !== text) find(id).textContent = text;
}

/** A text as HTML. */
export const escaped = (/** @type {string} */ text) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

/** Fill a select element with (value, text). */
export function fillSelect(/** @type {string} */ id, /** @type {[any, string][]} */ options) {
  find(id).replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  find(id).disabled = options.length < 2;
}

/** Choose a value in a select element that may not have it yet. */
export function offer(/** @type {string} */ id, /** @type {number} */ value, /** @type {string} */ text) {
  const select = find(id);
  if (![...select.options].some((one) => Number(one.value) === value)) select.add(new Option(text, `${value}`));
  select.value = value;
}

/** Fill a list of words and their meanings. */
export function define(/** @type {string} */ id, /** @type {[string, string][]} */ entries) {
  find(id).replaceChildren(...entries.flatMap(([word, meaning]) => {
    const term = document.createElement("dt"), text = document.createElement("dd");
    term.textContent = word;
    text.textContent = meaning;
    return [term, text];
  }));
}

export const calm = matchMedia("(prefers-reduced-motion: reduce)");
export const dark = matchMedia("(prefers-color-scheme: dark)");

/** The theme in force: the one that was switched to, or else the system's. */
export const theme = () => document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
