/* Keyboard shortcuts within a row of a list. They press the row's own buttons. */

import { focusAfterSwap } from "./focus.js";

const HINT = "Shortcuts in a row: Alt+↑ or Alt+↓ to move, Alt+Enter to add, Alt+Shift+Enter to duplicate, Alt+Delete to remove";
const SHORTCUTS = [
  ["Alt+ArrowUp", "Move the row up"],
  ["Alt+ArrowDown", "Move the row down"],
  ["Alt+Enter", "Add a row"],
  ["Alt+Shift+Enter", "Duplicate the row"],
  ["Alt+Delete", "Remove the row"],
];

export function startRowShortcuts() {
  // The list of the page's shortcuts: see static/shortcuts.js.
  document.addEventListener("shortcuts", ({ detail: list }) => {
    if (!document.querySelector(".form-fields .rows")) return;
    for (const [key, text] of SHORTCUTS) list.set(key, text);
  });
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const button = buttonFor(event);
    if (!button) return;
    event.preventDefault();
    // The cursor moves with its row.
    if (event.key.startsWith("Arrow")) focusAfterSwap(event.target.id.replace(/^search-/, ""));
    if (!button.disabled) button.click();
  });
}

/** Adds the hint to a form that has lists. */
export function enhanceRowShortcuts(root) {
  const key = root.querySelector(".form-key");
  if (!key || !root.querySelector(".rows") || key.querySelector(".shortcuts")) return;
  const hint = document.createElement("span");
  hint.className = "shortcuts";
  hint.textContent = HINT;
  key.append(hint);
}

/* The button that a key presses, or nothing. Alt+↓ opens a select or a combobox, and Alt+↑ closes a select. */
function buttonFor(event) {
  const { target } = event;
  const list = target.closest?.(".form-fields .rows");
  if (!list) return null;
  const row = target.closest(".row");
  const tool = (verb) => row?.querySelector(`:scope > .row-tools button[value^="${verb}:"]`);
  const isSelect = target.tagName === "SELECT";
  const isCombobox = target.getAttribute("role") === "combobox";
  switch (event.key) {
    case "ArrowUp": return isSelect ? null : tool("up");
    case "ArrowDown": return isSelect || isCombobox ? null : tool("down");
    case "Delete": return tool("remove");
    case "Enter": return event.shiftKey ? tool("duplicate") : list.querySelector(":scope > .add");
    default: return null;
  }
}
