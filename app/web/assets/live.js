// What changes while a page is open is put in its place; what is being typed stays as it is.
"use strict";
(() => {
  const place = document.querySelector("[data-live]");
  if (!place) return;
  const address = new URL(place.dataset.live, location.href);
  const own = place.dataset.self ?? location.href;
  let from = place.dataset.from;
  let tag = place.dataset.tag ?? "";
  let stream = null;
  let asking = 0;
  let failures = 0;
  let away = false;
  let waiting = 0;
  const POLL = 15;
  const AGAIN = 5;
  // Five hundred pages that lost the server at once come again each at a moment of its own.
  const within = (seconds) => 1000 * seconds * (0.5 + Math.random());

  const parts = () => [...document.querySelectorAll("[data-part]")];
  const served = new Map(parts().map((part) => [part.dataset.part, part.innerHTML]));
  const fields = "input:not([type=hidden]), textarea, select";
  const changed = (field) =>
    field.tagName === "SELECT"
      ? [...field.options].some((option) => option.selected !== option.defaultSelected) && field.selectedIndex > 0
      : field.type === "checkbox" || field.type === "radio"
        ? field.checked !== field.defaultChecked
        : field.value !== field.defaultValue;
  const inUse = (part) =>
    "kept" in part.dataset ||
    [...part.querySelectorAll(fields)].some((field) => changed(field) || field === document.activeElement);
  // The same link or fold after it was put anew.
  const again = (root, one) =>
    one.id
      ? root.querySelector(`#${CSS.escape(one.id)}`)
      : one.getAttribute("href")
        ? root.querySelector(`a[href="${CSS.escape(one.getAttribute("href"))}"]`)
        : null;

  function put(part, fresh) {
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const rows = [...part.querySelectorAll("[data-rows] a")];
    const at = rows.indexOf(focused);
    const known = new Set(rows.map((row) => row.getAttribute("href")));
    const open = [...part.querySelectorAll("details")].map((fold) => fold.open);
    const folds = part.querySelectorAll("details").length;
    part.innerHTML = fresh;
    const now = [...part.querySelectorAll("details")];
    if (now.length === folds) now.forEach((fold, n) => (fold.open = open[n]));
    const fresher = [...part.querySelectorAll("[data-rows] a")];
    if (known.size) {
      for (const row of fresher) if (!known.has(row.getAttribute("href"))) row.parentElement.classList.add("new");
    }
    if (focused) (again(part, focused) ?? fresher[Math.min(at, fresher.length - 1)])?.focus();
  }

  async function refresh() {
    const known = tag ? { "If-None-Match": tag } : {};
    const answer = await fetch(own, { headers: { Accept: "text/html", ...known } });
    if (answer.status >= 500) throw new Error("not now");
    if (answer.redirected || !answer.ok) return; // 304: as it is here
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    let held = false;
    for (const part of parts()) {
      const name = part.dataset.part;
      const found = fresh.querySelector(`[data-part="${name}"]`);
      if (!found || found.innerHTML === served.get(name)) continue;
      if (inUse(part)) {
        held ||= !("kept" in part.dataset);
        continue;
      }
      served.set(name, found.innerHTML);
      put(part, found.innerHTML);
    }
    if (!held) tag = answer.headers.get("ETag") ?? "";
    const said = document.getElementById("changed");
    if (said && held) said.hidden = false;
  }

  // What is not to be had now is asked for again in a while, without a word.
  function ask() {
    clearTimeout(waiting);
    if (document.visibilityState === "hidden") return;
    refresh().catch(() => (waiting = setTimeout(ask, within(AGAIN))));
  }

  const here = (sentence) => {
    const line = document.getElementById("here");
    if (!line) return;
    line.textContent = sentence;
    line.hidden = !sentence;
  };

  async function poll() {
    let back = false;
    try {
      const url = new URL(address);
      url.pathname += "/poll";
      url.searchParams.set("from", from);
      const answer = await fetch(url);
      if (!answer.redirected && answer.ok) {
        const said = await answer.json();
        from = said.place;
        here(said.here);
        if (said.changed) ask();
      }
      back = away && answer.ok; // it was the server, and not the way of asking
      away = !answer.ok;
    } catch {
      away = true; // asked again in a while
    }
    if (!asking) return;
    if (!back) asking = setTimeout(poll, within(POLL));
    else {
      failures = 0;
      shut();
      open();
    }
  }

  function open() {
    if (stream || asking || document.visibilityState === "hidden") return;
    if (!("EventSource" in window) || failures > 2) {
      asking = 1;
      poll();
      return;
    }
    const url = new URL(address);
    url.searchParams.set("from", from);
    stream = new EventSource(url);
    stream.addEventListener("open", () => (failures = 0));
    stream.addEventListener("here", (event) => here(JSON.parse(event.data)));
    stream.addEventListener("changed", (event) => {
      from = event.lastEventId || from;
      ask();
    });
    stream.addEventListener("error", () => {
      failures += 1;
      if (stream?.readyState !== EventSource.CLOSED && failures <= 2) return; // it tries again by itself
      shut();
      setTimeout(open, within(AGAIN));
    });
  }

  // Nobody looks at a page in the background, and a browser has few lines to one server.
  function shut() {
    stream?.close();
    stream = null;
    clearTimeout(asking);
    asking = 0;
  }
  addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? shut() : open()));
  addEventListener("pagehide", shut);
  // Who took a case for half an hour is no event: looked at once a minute.
  setInterval(ask, 60_000);
  open();
})();
