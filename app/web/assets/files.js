// Files go one by one as soon as they are chosen; each shows how far it is and is tried again when the line
// breaks. Without this they go with the form.
"use strict";
(() => {
  const form = document.querySelector("form[data-files]");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const going = form.querySelector("[data-going]");
  const said = form.querySelector("[data-said]");
  const words = going.dataset;
  const PAUSES = [2000, 5000, 15000];
  const waiting = [];
  let busy = false;
  let after = null;
  const put = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  form.querySelector("[name=add]").hidden = true;

  input.addEventListener("change", () => {
    for (const file of input.files) {
      const one = { file, tries: 0, ...row(file.name) };
      if (file.size > Number(form.dataset.files)) refuse(one, put(words.large, { name: file.name }));
      else waiting.push(one);
    }
    input.value = "";
    next();
  });

  // Going on waits for what is still under way.
  form.addEventListener("submit", (event) => {
    const under = going.querySelector("progress");
    if (!under) return;
    event.preventDefault();
    after = event.submitter;
    said.textContent = under.previousSibling.textContent;
  });

  function row(name) {
    const item = document.createElement("li");
    const text = document.createElement("span");
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", name);
    text.className = "what";
    text.textContent = put(words.sending, { name, percent: 0 });
    item.append(text, bar);
    going.append(item);
    going.hidden = false;
    return { item, text, bar };
  }

  function drop(one) {
    one.item.remove();
    going.hidden = !going.children.length;
    next();
  }

  function button(one, sentence, then) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "quiet";
    made.textContent = sentence;
    made.addEventListener("click", then);
    one.item.append(made);
  }

  function refuse(one, why) {
    one.bar.remove();
    one.text.className = "what mistake";
    said.textContent = one.text.textContent = why;
    button(one, words.dismiss, () => (drop(one), input.focus()));
  }

  function next() {
    if (busy) return;
    const one = waiting.shift();
    if (one) return send(one);
    if (after && !going.children.length) {
      const { name, value } = after;
      form.requestSubmit(form.querySelector(`button[name="${name}"][value="${value}"]`) ?? after);
    }
  }

  function send(one) {
    busy = true;
    const name = one.file.name;
    const body = new FormData(form);
    body.delete("file");
    body.append("add", "1");
    body.append("file", one.file, name);
    const asked = new XMLHttpRequest();
    asked.open("POST", form.action);
    asked.upload.addEventListener("progress", (event) => {
      one.bar.value = Math.floor((100 * event.loaded) / event.total);
      one.text.textContent = put(words.sending, { name, percent: one.bar.value });
    });
    asked.addEventListener("load", () => (asked.status < 500 ? answered(one, asked) : broken(one)));
    asked.addEventListener("error", () => broken(one));
    asked.addEventListener("timeout", () => broken(one));
    asked.timeout = 900000;
    asked.send(body);
  }

  function answered(one, asked) {
    busy = false;
    const page = new DOMParser().parseFromString(asked.responseText, "text/html");
    const kept = page.querySelector("[data-kept]");
    if (!kept) {
      refuse(one, page.querySelector("h1")?.textContent ?? words.broken);
      return next();
    }
    form.querySelector("[data-kept]").replaceWith(document.adoptNode(kept));
    const why = page.querySelector("[data-refused] .mistake") ?? page.querySelector(".summary li");
    if (why) {
      refuse(one, why.textContent);
    } else {
      said.textContent = put(words.gone, { name: one.file.name });
      drop(one);
    }
    next();
  }

  function broken(one) {
    busy = false;
    const again = () => {
      one.item.querySelectorAll("button").forEach((made) => made.remove());
      one.text.className = "what";
      waiting.unshift(one);
      next();
    };
    said.textContent = one.text.textContent = put(words.broken, { name: one.file.name });
    if (one.tries < PAUSES.length) return void setTimeout(again, PAUSES[one.tries++]);
    one.tries = 0;
    one.text.className = "what mistake";
    button(one, words.again, again);
    button(one, words.dismiss, () => drop(one));
  }
})();
