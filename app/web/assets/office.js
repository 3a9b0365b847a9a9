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
    h: () => press("h"),
    x: () => document.activeElement?.closest("[data-rows] li")?.querySelector("input")?.click(),
    b: () => document.getElementById("act")?.focus(),
    p: () => press("p"),
    t: () => document.getElementById("template")?.focus(),
    d: () => press("d"),
    u: () => (document.querySelector('[data-key="u"]') ?? document.querySelector('nav a[href="/office"]'))?.click(),
    ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [n, () => document.querySelectorAll(".views a")[n - 1]?.click()])),
    v: () => {
      const fold = document.querySelector(".kept details");
      if (!fold) return;
      fold.open = true;
      fold.querySelector("input:not([type=hidden])")?.focus();
    },
    "/": () => document.getElementById("q")?.focus(),
    "?": () => keys?.showModal(),
  };
  const typing = (target) => /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === "Enter") {
      const sent = event.target.closest?.("[data-send]");
      if (!sent) return;
      event.preventDefault();
      return sent.requestSubmit(sent.querySelector("button[hidden]"));
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    // By the place of the key, so that a Kazakh or Russian keyboard does the same.
    const key = /^Key/.test(event.code) && !event.shiftKey ? event.code[3].toLowerCase() : event.key;
    if (typing(event.target) || keys?.open || !(key in doing)) return;
    event.preventDefault();
    doing[key]();
  });

  // A draft is saved two seconds after the last key, and when the page is left. Two pages of one person do not
  // overwrite each other: the second is shown both texts.
  const the = (name) => document.querySelector(`[data-draft] [name="${name}"]`);
  const form = () => document.querySelector("[data-draft]");
  const written = () => {
    const body = new URLSearchParams(new FormData(form()));
    for (const name of ["draft_version", "version", "theirs", "file", "kept", "template"]) body.delete(name);
    return body.toString();
  };
  let kept = form() ? written() : "";
  let waiting = 0;
  let saving = Promise.resolve();
  const say = (what, out = false) => {
    const said = document.getElementById("saved");
    if (said) said.textContent = said.dataset[what];
    const door = document.getElementById("sign-in");
    if (door) door.hidden = !out;
  };
  const show = (theirs) => {
    const both = document.getElementById("conflict");
    both.querySelector("[data-theirs]").textContent = the("theirs").value = theirs.text ?? "";
    both.querySelector("[data-mine]").textContent = the("text").value;
    the("draft_version").value = theirs.version;
    both.hidden = false;
    both.scrollIntoView({ block: "center" });
  };
  async function send() {
    const body = written();
    const sent = new URLSearchParams(new FormData(form()));
    sent.delete("file");
    try {
      const answer = await fetch(form().dataset.draft, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: sent,
        keepalive: true,
      });
      if (answer.redirected) return say("signedOut", true);
      const said = await answer.json();
      if (answer.status === 409 && said.code === "draft_conflict") return show(said.draft);
      if (!answer.ok) return say("failed");
      the("draft_version").value = said.draft_version;
      kept = body;
      say("saved");
    } catch {
      say("failed");
    }
  }
  function save(now = false) {
    if (!form() || !document.getElementById("conflict")?.hidden) return;
    saving = saving.then(() => (form() && (now || written() !== kept) ? send() : null));
  }
  document.addEventListener("input", (event) => {
    if (!form()?.contains(event.target)) return;
    clearTimeout(waiting);
    waiting = setTimeout(save, 2000);
  });
  addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save());
})();
