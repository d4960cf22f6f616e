/* The search box of every page: a dialog with a combobox (WAI-ARIA). HTMX asks for what is typed, and only for the latest
   text; here are the keys. Without scripts the link that opens it leads to the page of the search. */
(() => {
  "use strict";
  const dialog = document.getElementById("palette");
  if (!dialog?.showModal) return;
  const input = document.getElementById("palette-q");
  const results = document.getElementById("palette-results");
  const count = document.getElementById("palette-count");
  const SLOW = 1000; // milliseconds until an unfinished search is said

  const options = () => [...results.querySelectorAll("[role=option]")];
  let current = null;
  let asked = ""; // the text of the latest request
  let shown = ""; // the text whose results are shown
  let whenShown = null; // Enter, pressed while the answer is awaited
  let slow;

  function mark(option) {
    current?.setAttribute("aria-selected", "false");
    current = option ?? null;
    if (!current) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    current.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", current.id);
    current.scrollIntoView({ block: "nearest" });
  }

  function move(step) {
    const all = options();
    if (all.length) mark(all[(all.indexOf(current) + step + all.length) % all.length]);
  }

  function go(option, event) {
    const url = event.shiftKey ? option.dataset.edit : option.href;
    if (!url) return;
    if (event.ctrlKey || event.metaKey) window.open(url, "_blank", "noopener");
    else location.assign(url);
  }

  function enter(event) {
    if (input.value !== shown) {
      whenShown = event;
      return;
    }
    if (current) go(current, event);
    else if (input.value.trim()) location.assign(`/search/?q=${encodeURIComponent(input.value)}`);
  }

  input.addEventListener("keydown", (event) => {
    // The Enter that ends a composition (IME) opens nothing; Safari sends it afterwards, with this code.
    if (event.isComposing || event.keyCode === 229) return;
    const action = { ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: () => enter(event) }[event.key];
    if (!action || event.altKey) return;
    event.preventDefault();
    action();
  });

  input.addEventListener("input", () => {
    clearTimeout(slow);
    if (input.value !== shown) slow = setTimeout(saySlow, SLOW);
  });
  function saySlow() {
    count.textContent = "Searching…";
    dialog.classList.add("slow");
  }
  input.addEventListener("htmx:beforeRequest", () => {
    asked = input.value;
  });
  function answered() {
    shown = asked;
    clearTimeout(slow);
    dialog.classList.remove("slow");
  }
  results.addEventListener("htmx:afterSwap", () => {
    answered();
    const list = document.getElementById("palette-list");
    count.textContent = list?.dataset.count ?? "";
    const all = options();
    input.setAttribute("aria-expanded", String(all.length > 0));
    mark(all[0]);
    const pressed = whenShown;
    whenShown = null;
    if (pressed) enter(pressed);
  });
  // An answer that did not come; one that a later text has overtaken is no such answer.
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    input.addEventListener(name, () => {
      answered();
      whenShown = null;
      results.replaceChildren();
      mark();
      input.setAttribute("aria-expanded", "false");
      count.textContent = "The search is not available now";
    });
  }

  results.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option !== current) mark(option);
  });

  function open() {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
    mark(options()[0]);
    // What was opened last may be another thing by now.
    if (!input.value.trim()) input.dispatchEvent(new Event("palette-open"));
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("a.search-open") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    document.getElementById("side")?.matches(":popover-open") && document.getElementById("side").hidePopover();
    open();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest(".palette-close")) dialog.close();
  });
  // The browser gives the focus back to what had it.
  dialog.addEventListener("close", () => {
    whenShown = null;
  });
})();
