// @ts-check
/** The page in place of one that could not be made: looks every few seconds, and reloads once there is something to read. */

import { after } from "./dom.js";
import { TIMING } from "./timing.js";

async function look() {
  const response = await fetch(location.href, { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (response?.status === 503 || response === null) {
    after(TIMING.lookMs, look);
  } else {
    location.reload();
  }
}

after(TIMING.lookMs, look);
