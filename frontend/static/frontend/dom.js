// @ts-check
/** Finding and writing elements: what is missing is said at once, and what is right already stays untouched. */

/**
 * @template {Element} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) {
    throw new Error(`The page lacks #${id}.`);
  }
  return element;
}

/**
 * @param {ParentNode} element
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function part(element, selector) {
  const found = element.querySelector(selector);
  if (!(found instanceof HTMLElement)) {
    throw new Error(`The page lacks ${selector}.`);
  }
  return found;
}

/**
 * Writes only what differs, so that a screen reader or a selection is not disturbed for nothing.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/**
 * @param {number} ms
 * @param {() => void} run
 * @returns {() => void} what cancels it
 */
export function after(ms, run) {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
