// Connects what the page's HTML can't: references, the reader panel, scrolling and what screen readers are told.
"use strict";
(() => {
  const REFERENCE = /^ref-([cp]-\d+-\d+)$/;
  let presses = 0;
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

  const open = (reference) => {
    const field = document.querySelector("#reference textarea, #reference input");
    if (!field) return;
    presses += 1; // the same reference may be pressed again
    field.value = `${reference}#${presses}`;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const panelShown = () => {
    const panel = document.getElementById("reader-panel");
    return panel !== null && panel.getClientRects().length > 0;
  };

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    const button = target.closest("button.ref");
    if (button) {
      opened = { reference: referenceOf(button), button };
      if (opened.reference) {
        mark(opened.reference);
        open(opened.reference);
      }
    } else if (target.closest("#close-reader")) {
      const back = opened && opened.button.isConnected ? opened.button : null;
      opened = null;
      mark(null);
      if (back) back.focus();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panelShown()) document.querySelector("#close-reader")?.click();
  });

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
    if (shown.length === 0 && turns > 0) opened = null;
    turns = shown.length;
    awaited = pending;
    if (opened) mark(opened.reference);
    const now = document.querySelector("#reader .passage");
    if (now && now !== passage) {
      const cited = now.querySelector("mark");
      if (cited) now.scrollTop = Math.max(0, cited.offsetTop - now.offsetTop - now.clientHeight / 4);
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
