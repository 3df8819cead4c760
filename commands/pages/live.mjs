/**
 * Adaptation in the page itself: `adaptation.mjs` with what it imports, in a worker, so that the page stays
 * smooth. Where a browser refuses workers made from a text, it runs in the page, step by step.
 *
 * @typedef {Object} Job
 * @property {any} live data of `live_tables.py`
 * @property {string} agent
 * @property {{episodes?: number, stepSize: number, steps: number, goal: number | null}} options
 * @property {number} seed
 */

/** What the worker adds to the module. */
const WORKER = `
onmessage = ({ data: { live, agent, options, seed } }) => {
  for (const step of seededSteps(live, agent, seed, options)) postMessage(step);
  postMessage(null);
};`;

/** A module as a plain script: of a page from a disk, Chromium refuses workers that are modules. */
const asScript = (/** @type {string} */ module) => `"use strict";\n${module.replace(/^export /gm, "")}`;

/** The address of a text as a script. */
const address = (/** @type {string} */ text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));

/**
 * Adapt an agent.
 * @param {string} module the text of `adaptation.mjs` with what it imports
 * @param {Job} job
 * @param {(step: any) => void} onStep called with each step
 * @param {(error: string) => void} onEnd called at the end, with "" unless it went wrong
 * @returns {() => void} ends it early
 */
export function adaptInPage(module, job, onStep, onEnd) {
  let ended = false;
  /** @type {Worker | undefined} */
  let worker;
  const end = (/** @type {string} */ error) => {
    if (!ended) onEnd(error);
    stop();
  };
  const stop = () => {
    ended = true;
    worker?.terminate();
  };
  const withoutWorker = () => adaptHere(module, job, onStep, () => ended).then(() => end(""), (error) => end(`${error}`));
  try {
    let began = false;
    worker = new Worker(address(asScript(module) + WORKER));
    worker.onmessage = ({ data }) => {
      if (ended) return;
      began = true;
      if (data) onStep(data);
      else end("");
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (began || event.message) end(event.message);
      else withoutWorker();
    };
    worker.postMessage(job);
  } catch {
    withoutWorker();
  }
  return stop;
}

/** Adapt in the page, with a pause after each step. */
async function adaptHere(
  /** @type {string} */ module, /** @type {Job} */ { live, agent, options, seed },
  /** @type {(step: any) => void} */ onStep, /** @type {() => boolean} */ isEnded,
) {
  const { seededSteps } = await import(address(module));
  for (const step of seededSteps(live, agent, seed, options)) {
    if (isEnded()) return;
    onStep(step);
    await new Promise((resolve) => setTimeout(resolve));
  }
}
