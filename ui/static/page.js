// Connects what the page's HTML can't: references, the reader panel, scrolling and what screen readers are told.
"use strict";
(() => {
  const REFERENCE = /^ref-([cp]-\d+-\d+)$/;
  const REPEATED_MS = 2000;
  let presses = 0;
  let questions = 0;
  let sent = [];
  let opened = null;

  const referenceOf = (button) => {
    for (const name of button.classList) {
      const found = REFERENCE.exec(name);
      if (found) return found[1];
    }
    return null;
  };

  const mark = (reference) => {
    for (const button of document.querySelectorAll("button.ref")) {
      const on = reference !== null && referenceOf(button) === reference;
      button.classList.toggle("is-open", on);
      button.setAttribute("aria-expanded", String(on));
      button.setAttribute("aria-controls", "reader-panel");
    }
  };

  // The panel belongs to an answer before; the server hides it when another question is asked.
  const close = () => {
    opened = null;
    mark(null);
  };

  const write = (selector, value) => {
    const field = document.querySelector(`${selector} textarea, ${selector} input`);
    if (!field) return;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const open = (reference) => {
    presses += 1; // the same reference may be pressed again
    write("#reference", `${reference}#${presses}`);
  };

  // A question is taken out of its field the moment it is sent, so that the next one can be typed at once and neither
  // runs into the other. Those of the last moments are sent again with each, numbered: where two requests become one,
  // none is lost.
  const ask = (question) => {
    if (question.trim() === "") return;
    const now = Date.now();
    questions += 1;
    sent = [...sent.filter((one) => now - one.at < REPEATED_MS), { at: now, pair: [questions, question] }];
    write("#asked", JSON.stringify(sent.map((one) => one.pair)));
    close();
  };

  const askTyped = () => {
    const field = document.querySelector("#question textarea, #question input");
    if (!field) return;
    const question = field.value;
    write("#question", "");
    ask(question);
  };

  // The buttons of the list of documents. What takes something away is asked about first.
  const KEY = /^doc-([0-9a-f]{16})$/;
  const ACTION = /^act-([a-z]+)$/;
  const press = (action, key) => {
    presses += 1;
    write("#pressed", `${action}${key ? `:${key}` : ""}#${presses}`);
  };

  const askFirst = (name, told, goOn) => {
    const dialog = document.createElement("dialog");
    dialog.id = "confirm";
    dialog.setAttribute("aria-labelledby", "confirm-question");
    const add = (tag, said, parent) => {
      const made = document.createElement(tag);
      made.textContent = said;
      return parent.appendChild(made);
    };
    add("p", `Remove ${name}?`, dialog).id = "confirm-question";
    add("p", told, dialog).className = "where";
    const row = add("div", "", dialog);
    const no = add("button", "Keep it", row);
    const yes = add("button", "Remove", row);
    yes.className = "danger";
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => {
      dialog.close();
      goOn();
    });
    dialog.addEventListener("close", () => dialog.remove());
    document.body.appendChild(dialog);
    dialog.showModal();
    no.focus();
  };

  const act = (button) => {
    const names = [...button.classList];
    const found = (pattern) => names.map((name) => pattern.exec(name)).find((match) => match)?.[1] ?? "";
    const [action, key] = [found(ACTION), found(KEY)];
    if (action !== "remove") return press(action, key);
    const name = button.querySelector(".unseen")?.textContent.trim() ?? "this document";
    const told = names.includes("upload")
      ? "The copy that was uploaded is deleted. Answers no longer rest on it."
      : "Answers no longer rest on it. Its file stays in your folder; reading the folder again adds it.";
    return askFirst(name, told, () => press(action, key));
  };

  const panelShown = () => {
    const panel = document.getElementById("reader-panel");
    return panel !== null && panel.getClientRects().length > 0;
  };

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    const button = target.closest("button.ref");
    const example = target.closest("button.example");
    const acting = target.closest("button.act");
    if (target.closest("#send")) {
      askTyped();
    } else if (acting) {
      act(acting);
    } else if (example) {
      ask(example.textContent);
    } else if (button) {
      opened = { reference: referenceOf(button), button };
      if (opened.reference) {
        mark(opened.reference);
        open(opened.reference);
      }
    } else if (target.closest("#close-reader")) {
      const back = opened && opened.button.isConnected ? opened.button : null;
      close();
      if (back) back.focus();
    }
  });

  document.addEventListener(
    "keydown",
    (event) => {
      const typing = event.target instanceof Element && event.target.closest("#question") !== null;
      if (!typing || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      askTyped();
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panelShown()) document.querySelector("#close-reader")?.click();
  });

  // gradio refuses a whole drop for one file that is too large: such files are kept back here, and named.
  const limitBytes = () => {
    const hint = document.querySelector("#drop-hint [class*='limit-']");
    const found = hint && /(?:^|\s)limit-(\d+)/.exec(hint.className);
    return found ? Number(found[1]) * 1024 * 1024 : Infinity;
  };

  const fitting = (files) => {
    const limit = limitBytes();
    const large = files.filter((file) => file.size > limit);
    write("#kept-back", JSON.stringify(large.map((file) => file.name)));
    if (large.length === 0) return null;
    const kept = new DataTransfer();
    for (const file of files) if (file.size <= limit) kept.items.add(file);
    return kept.files;
  };

  let passed = false; // whether the files of an event were looked at already
  const stop = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };

  document.addEventListener(
    "change",
    (event) => {
      const input = event.target;
      if (!(input instanceof HTMLInputElement) || input.type !== "file" || !input.closest("#drop") || passed) return;
      const kept = fitting([...(input.files || [])]);
      if (kept === null) return;
      if (kept.length === 0) {
        stop(event);
        input.value = "";
      } else {
        input.files = kept; // what gradio reads when the event reaches it
      }
    },
    true,
  );

  document.addEventListener(
    "drop",
    (event) => {
      const target = event.target instanceof Element ? event.target.closest("#drop") : null;
      const kept = target && event.dataTransfer ? fitting([...event.dataTransfer.files]) : null;
      if (kept === null) return;
      stop(event);
      const input = target.querySelector("input[type=file]");
      if (!input || kept.length === 0) return;
      input.files = kept;
      passed = true;
      input.dispatchEvent(new Event("change", { bubbles: true }));
      passed = false;
    },
    true,
  );

  const describe = (id, attributes) => {
    const found = document.getElementById(id);
    if (!found || found.dataset.described) return;
    found.dataset.described = "yes";
    for (const [name, value] of Object.entries(attributes)) found.setAttribute(name, value);
  };

  let turns = 0;
  let awaited = false;
  let passage = null;
  const settle = () => {
    describe("conversation", { role: "log", "aria-live": "polite", "aria-label": "Questions and answers" });
    describe("reader-panel", { role: "complementary", "aria-label": "Source" });
    describe("reader", { "aria-live": "polite" });
    describe("jobs", { "aria-live": "polite" });
    const shown = document.querySelectorAll("#conversation .turn");
    const last = shown[shown.length - 1] || null;
    const pending = last !== null && last.querySelector(".pending") !== null;
    if (shown.length > 1 && (shown.length > turns || (awaited && !pending))) last.scrollIntoView({ block: "start" });
    if (shown.length !== turns) close();
    turns = shown.length;
    awaited = pending;
    if (opened) mark(opened.reference);
    const now = document.querySelector("#reader .passage");
    if (now && now !== passage) {
      const cited = now.querySelector("mark");
      if (cited) now.scrollTop = Math.max(0, cited.offsetTop - now.clientHeight / 4);
    }
    passage = now;
  };

  let waiting = false;
  const observer = new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      settle();
    });
  });
  observer.observe(document.body, { childList: true, subtree: true });
})();
