// The keyboard, and drafts that save themselves. Every page works without this.
"use strict";
(() => {
  const rows = () => [...document.querySelectorAll("[data-rows] a")];
  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement);
    all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))].focus();
  };
  const press = (key) => document.querySelector(`[data-key="${key}"]`)?.click();
  const unfold = (act) => {
    const found = document.getElementById(`act-${act}`);
    if (!found) return;
    found.open = true;
    found.querySelector("select, input:not([type=hidden]), textarea")?.focus();
  };
  const keys = document.getElementById("keys");
  const doing = {
    j: () => move(1),
    k: () => move(-1),
    n: () => press("n"),
    c: () => press("c"),
    a: () => (document.querySelector('[data-key="a"]') ? press("a") : document.getElementById("text")?.focus()),
    f: () => unfold("forward"),
    e: () => unfold("extend"),
    s: () => save(true),
    "/": () => document.getElementById("q")?.focus(),
    "?": () => keys?.showModal(),
  };
  const typing = (target) => /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    // By the place of the key, so that a Kazakh or Russian keyboard does the same.
    const key = /^Key/.test(event.code) && !event.shiftKey ? event.code[3].toLowerCase() : event.key;
    if (typing(event.target) || keys?.open || !(key in doing)) return;
    event.preventDefault();
    doing[key]();
  });

  // A draft is saved two seconds after the last key, and when the page is left.
  const form = document.querySelector("[data-draft]");
  const said = document.getElementById("saved");
  let kept = form ? new URLSearchParams(new FormData(form)).toString() : "";
  let waiting = 0;
  async function save(now = false) {
    if (!form) return;
    const body = new URLSearchParams(new FormData(form));
    if (body.toString() === kept && !now) return;
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body, keepalive: true, redirect: "manual" });
      if (answer.type !== "opaqueredirect") throw new Error(String(answer.status));
      kept = body.toString();
      said.textContent = said.dataset.saved;
    } catch {
      said.textContent = said.dataset.failed;
    }
  }
  form?.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(save, 2000);
  });
  addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save());
})();
