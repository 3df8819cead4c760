/**
 * The chapters of the tour: what they say, and predictions and questions.
 */
import { find, setText } from "./elements.mjs";

/**
 * Say what a chapter says, and what it asks.
 *
 * @param {any} chapter null where the page is no tour
 * @param {number} index of the chapter
 * @param {number} count of chapters
 * @param {(answer: number) => void} onAnswer
 */
export function showChapter(chapter, index, count, onAnswer) {
  for (const id of ["chapter", "chapter-back", "chapter-next"]) find(id).hidden = !chapter;
  for (const [id, kind] of [["boards", "board"], ["chart", "chart"]]) {
    const isAnswer = chapter?.choice?.places.some((/** @type {string | null} */ place) => place?.startsWith(kind));
    find(id).classList.toggle("answer", Boolean(isAnswer));
  }
  if (!chapter) return;
  setText("chapter-heading", chapter.heading);
  setText("chapter-text", chapter.text);
  setText("verdict", "");
  find("choice").hidden = !chapter.choice;
  find("chapter-back").disabled = index === 0;
  find("chapter-next").disabled = index === count - 1;
  if (!chapter.choice) return;
  setText("question", chapter.choice.question);
  find("answers").replaceChildren(...chapter.choice.answers.map((/** @type {string} */ text, /** @type {number} */ i) => {
    const button = document.createElement("button");
    button.textContent = text;
    button.addEventListener("click", () => onAnswer(i));
    return button;
  }));
}

/** Say whether an answer is right, and why. */
export function showVerdict(/** @type {any} */ { choice: { right, reason, answers } }, /** @type {number} */ answer) {
  [...find("answers").children].forEach((button, i) => button.setAttribute("aria-pressed", `${i === answer}`));
  const verdict = right === null ? "" : answer === right ? "Right. " : `Not so: ${answers[right]}. `;
  setText("verdict", `${verdict}${reason}`);
}
