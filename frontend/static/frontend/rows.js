// @ts-check
/** The table's rows: one element per player, kept for as long as the player is shown, so that it can glide. */

import { part, setText } from "./dom.js";
import { sharedRanks } from "./movement.js";
import { TIMING } from "./timing.js";
import { gain, moveInWords, number } from "./words.js";

/** @typedef {import("./board.js").Row} Row */
/** @typedef {import("./movement.js").Move} Move */

const GLIDE = { duration: TIMING.glideMs, easing: "cubic-bezier(0.22, 0.8, 0.24, 1)" };
const APPEAR = { duration: TIMING.appearMs, easing: "ease-out" };
const MARK = { duration: TIMING.markMs, easing: "cubic-bezier(0.6, 0, 0.8, 1)" };

export class Rows {
  /** @type {Map<number, HTMLTableRowElement>} */
  #elements = new Map();
  /** @type {WeakMap<Element, Animation>} */
  #glides = new WeakMap();

  /**
   * @param {HTMLTableSectionElement} body
   * @param {HTMLTemplateElement} pattern one empty row, the same markup as the server's rows
   * @param {number} [own] the player whom the page is about
   */
  constructor(body, pattern, own) {
    this.body = body;
    this.pattern = pattern;
    this.own = own;
    for (const element of body.rows) {
      this.#elements.set(Number(element.dataset.player), element);
    }
  }

  /**
   * What the server rendered.
   *
   * @returns {Row[]}
   */
  read() {
    return [...this.body.rows].map((element) => ({
      user_id: Number(element.dataset.player),
      username: part(element, ".name").textContent ?? "",
      rank: Number(element.dataset.rank),
      total_score: Number(element.dataset.score),
    }));
  }

  /**
   * Shows these rows in this order. With `moving`, rows glide from where they are seen now, in mid-glide too.
   *
   * @param {readonly Row[]} rows
   * @param {ReadonlyMap<number, Move>} moves by user id
   * @param {{moving: boolean}} how
   */
  show(rows, moves, { moving }) {
    const places = moving ? this.#places() : new Map();
    const shared = sharedRanks(rows);
    const elements = rows.map((row) => {
      const element = this.#elements.get(row.user_id) ?? this.#create(row.user_id);
      write(element, row, { tied: shared.has(row.rank), move: moves.get(row.user_id) });
      return element;
    });
    this.#arrange(elements);
    if (moving) {
      this.#move(places);
    }
  }

  /** @param {HTMLTableRowElement[]} elements */
  #arrange(elements) {
    const staying = new Set(elements);
    for (const [userId, element] of this.#elements) {
      if (!staying.has(element)) {
        element.remove();
        this.#elements.delete(userId);
      }
    }
    const focused = document.activeElement;
    const misplaced = elements.filter((element, index) => this.body.rows[index] !== element);
    for (const element of misplaced) {
      // All of them out first: a browser takes a row that others push aside for a jump of the page's layout.
      element.remove();
    }
    elements.forEach((element, index) => {
      if (this.body.rows[index] !== element) {
        this.body.insertBefore(element, this.body.rows[index] ?? null);
      }
    });
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.body.contains(focused)) {
      focused.focus({ preventScroll: true }); // a row that is moved drops the focus that it held
    }
  }

  /** @returns {Map<Element, number>} where each row is seen now */
  #places() {
    return new Map([...this.body.rows].map((element) => [element, element.getBoundingClientRect().top]));
  }

  /** @param {Map<Element, number>} before */
  #move(before) {
    for (const element of this.body.rows) {
      this.#glides.get(element)?.cancel();
    }
    const after = this.#places(); // all read before the first new animation: one layout, not ten
    for (const [element, top] of after) {
      const from = before.get(element);
      if (from === undefined) {
        element.animate([{ opacity: 0 }, { opacity: 1 }], APPEAR);
      } else if (Math.abs(from - top) >= 1) {
        const zIndex = from > top ? 1 : 0; // who climbs passes in front
        const start = { transform: `translateY(${from - top}px)`, zIndex };
        this.#glides.set(element, element.animate([start, { transform: "none", zIndex }], GLIDE));
      }
    }
  }

  /** @param {number} userId */
  #create(userId) {
    const element = this.pattern.content.querySelector("tr")?.cloneNode(true);
    if (!(element instanceof HTMLTableRowElement)) {
      throw new Error("The page's row pattern holds no table row.");
    }
    const link = part(element, "a");
    link.setAttribute("href", `${link.getAttribute("href")}`.replace("/0/", `/${userId}/`)); // the pattern's player is 0
    element.dataset.player = String(userId);
    element.dataset.score = "";
    if (userId === this.own) {
      element.setAttribute("aria-current", "true");
    }
    this.#elements.set(userId, element);
    return element;
  }
}

/**
 * @param {HTMLTableRowElement} element
 * @param {Row} row
 * @param {{tied: boolean, move: Move | undefined}} place
 */
function write(element, row, { tied, move }) {
  const before = element.dataset.score;
  element.dataset.rank = String(row.rank);
  element.dataset.score = String(row.total_score);
  setText(part(element, ".place"), String(row.rank));
  part(element, ".tie").hidden = !tied;
  setText(part(element, ".name a"), row.username);
  setText(part(element, ".total"), number(row.total_score));
  if (move !== undefined) {
    writeMove(part(element, ".move"), move);
  }
  if (before && Number(before) !== row.total_score) {
    mark(element, row.total_score - Number(before));
  }
}

/**
 * @param {HTMLElement} element
 * @param {Move} move
 */
function writeMove(element, move) {
  const { sign, spoken } = moveInWords(move);
  setText(element, sign);
  element.dataset.kind = move.kind;
  element.setAttribute("aria-label", spoken);
  element.hidden = false;
}

/**
 * Marks a changed score and says by how much, for a moment.
 *
 * @param {HTMLTableRowElement} element
 * @param {number} points
 */
function mark(element, points) {
  const note = document.createElement("span"); // a new one: the old one's text would jump as the number grows
  note.className = "gain";
  note.ariaHidden = "true";
  note.textContent = gain(points);
  part(element, ".gain").replaceWith(note);
  note.animate([{ opacity: 1 }, { opacity: 1, offset: 0.6 }, { opacity: 0 }], MARK);
  part(element, ".total").animate([{ color: "var(--accent)", offset: 0 }], MARK);
}
