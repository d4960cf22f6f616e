/* Keyboard shortcuts. An element says its key: data-key="e", data-key="Control+s", data-key="ArrowLeft", and with
   data-key-label what it does where its text does not. The key presses the first visible element that has it; a field is
   focused. `?` lists the shortcuts of the page.

   Keys of one character work where the reader has them on, and never while somebody types. Arrows work where they move
   neither a caret nor a choice nor a page. No key works in a dialog or while an input method composes. */
(() => {
  "use strict";
  const EDITABLE = "select, textarea, [contenteditable]:not([contenteditable=false]), input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=reset])";
  const OWN_ARROWS = `${EDITABLE}, input, summary, [tabindex="0"], [role=listbox], [role=menu], [role=tablist]`;
  const CAPS = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Control: "Ctrl" };

  const areLettersOn = () => document.documentElement.dataset.shortcuts !== "off";
  const isSingle = (key) => key.length === 1;
  const isVisible = (element) => element.getClientRects().length > 0 && !element.closest("[inert]");

  /* The key as data-key names it. On a Mac, Command is Control. */
  function nameOf(event) {
    const control = event.ctrlKey || event.metaKey;
    const hasModifier = control || event.altKey;
    if (isSingle(event.key)) {
      if (hasModifier && !(control && !event.altKey)) return "";
      const letter = event.key.toLowerCase();
      const isLetter = letter !== event.key.toUpperCase();
      if (isLetter && event.shiftKey) return "";
      return control ? `Control+${letter}` : letter;
    }
    return [control && "Control", event.altKey && "Alt", event.shiftKey && "Shift", event.key].filter(Boolean).join("+");
  }

  function mayUse(name, target) {
    if (isSingle(name)) return areLettersOn() && !target.closest?.(EDITABLE);
    return !name.startsWith("Arrow") || !target.closest?.(OWN_ARROWS);
  }

  const elements = () => [...document.querySelectorAll("[data-key]")].filter((element) => !element.disabled && isVisible(element));

  function press(element) {
    if (!element.matches(EDITABLE)) {
      element.click();
      return;
    }
    element.focus();
    element.select?.();
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
    if (document.querySelector("dialog[open]")) return;
    const name = nameOf(event);
    if (!name || !mayUse(name, event.target)) return;
    if (name === "?") {
      event.preventDefault();
      showList();
      return;
    }
    const element = elements().find(({ dataset }) => dataset.key === name);
    if (!element) return;
    event.preventDefault();
    if (!event.repeat) press(element);
  });

  // The link in the menu leads to the list of all pages' shortcuts where no script runs.
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-shortcut-list]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    showList();
  });

  /* [key, what it does], each key once. Other scripts add what they do on the event `shortcuts`. */
  function shortcuts() {
    const list = new Map();
    for (const element of elements()) {
      const { key, keyLabel } = element.dataset;
      const text = keyLabel || element.ariaLabel || element.textContent.trim().replace(/\s+/g, " ");
      if (!list.has(key)) list.set(key, text);
    }
    document.dispatchEvent(new CustomEvent("shortcuts", { detail: list }));
    list.set("?", "List the shortcuts of the page");
    return [...list].filter(([key]) => areLettersOn() || !isSingle(key));
  }

  function make(tag, text = "", attributes = {}) {
    const element = document.createElement(tag);
    element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  function caps(key) {
    const term = make("dt");
    for (const part of key.split("+")) {
      if (term.childNodes.length) term.append(" + ");
      term.append(make("kbd", CAPS[part] ?? part));
    }
    return term;
  }

  function showList() {
    const dialog = make("dialog", "", { class: "shortcuts-dialog", "aria-labelledby": "shortcuts-title" });
    const close = make("button", "Close", { type: "button", autofocus: "" });
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    const list = make("dl", "", { class: "shortcut-list" });
    for (const [key, text] of shortcuts()) {
      const row = make("div");
      row.append(caps(key), make("dd", text));
      list.append(row);
    }
    const note = make("p", areLettersOn() ? "" : "Shortcuts with one key are off. ", { class: "muted" });
    note.append(make("a", "All shortcuts", { href: "/shortcuts/" }), " · ", make("a", "Settings", { href: "/settings/#id_shortcuts" }));
    dialog.append(make("h2", "Keyboard shortcuts", { id: "shortcuts-title" }));
    if (list.childElementCount) dialog.append(list);
    dialog.append(note, close);
    document.body.append(dialog);
    dialog.showModal();
  }
})();
