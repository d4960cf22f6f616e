/* Keyboard shortcuts within a row of a list. They press the row's own buttons; its menu says which. */

import { focusAfterSwap } from "./focus.js";

const TYPED = "input:not([type=hidden]), select, textarea";
const SHORTCUTS = [
  ["Alt+ArrowUp", "Move the row up"],
  ["Alt+ArrowDown", "Move the row down"],
  ["Control+Enter", "Add a row"],
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
    if (event.metaKey || event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
    const button = event.altKey && !event.ctrlKey ? buttonFor(event) : addButtonFor(event);
    if (!button) return;
    event.preventDefault();
    // The cursor moves with its row.
    if (event.key.startsWith("Arrow")) focusAfterSwap(event.target.id.replace(/^search-/, ""));
    if (!button.disabled) button.click();
  });
}

const rowsAround = (target) => target.closest?.(".form-fields :is(fieldset, .part):has(> .add, > .part-body > .add)");
const addButton = (list) => list.querySelector(":scope > .add, :scope > .part-body > .add");

/* The button that a key presses, or nothing. Alt+↓ opens a select or a combobox, and Alt+↑ closes a select. */
function buttonFor(event) {
  const { target } = event;
  const list = rowsAround(target);
  if (!list) return null;
  const row = target.closest(".row");
  const tool = (verb) => row?.querySelector(`:scope > .row-tools button[value^="${verb}:"]`);
  const isSelect = target.tagName === "SELECT";
  const isCombobox = target.getAttribute("role") === "combobox";
  switch (event.key) {
    case "ArrowUp": return isSelect ? null : tool("up");
    case "ArrowDown": return isSelect || isCombobox ? null : tool("down");
    case "Delete": return tool("remove");
    case "Enter": return event.shiftKey ? tool("duplicate") : addButton(list);
    default: return null;
  }
}

/* Ctrl+Enter adds a row to the list around; so does Enter in the last field of a row that is being added. */
function addButtonFor(event) {
  const { target } = event;
  if (event.key !== "Enter" || event.altKey || event.shiftKey || !target.matches?.(TYPED)) return null;
  const list = rowsAround(target);
  if (!list) return null;
  if (event.ctrlKey) return addButton(list);
  const row = target.closest(".row");
  const isNew = row?.closest("[data-new], [data-creating]");
  const isOpenList = target.getAttribute("aria-expanded") === "true";
  if (!isNew || isOpenList || target.tagName === "TEXTAREA" || !target.value) return null;
  const last = [...row.querySelectorAll(TYPED)].filter((field) => field.tabIndex >= 0).at(-1);
  return last === target ? addButton(list) : null;
}
