/* Focus: on the field that a link names, and after the form was replaced. */

import { searchId } from "./combobox.js";
import { byId, currentForm } from "./page.js";

let nextFocus = "";

/** After the next replacement of the form, focus this element instead of the one that the page names. */
export function focusAfterSwap(id) {
  nextFocus = id;
}

export function startFocus() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-anchor]");
    if (link && focusOn(link.dataset.anchor)) event.preventDefault();
  });
}

/** Focuses what the replaced form names: an element, else its summary, its conflicts or its changes. */
export function restoreFocus() {
  const form = currentForm();
  const id = nextFocus || form.querySelector("[data-focus-id]")?.dataset.focusId;
  nextFocus = "";
  if (id && focusOn(id)) return;
  const summary = ["form-summary", "form-conflicts", "form-changes"].map(byId).find(Boolean);
  summary?.focus();
}

/* Focuses a field, with every collapsed row around it opened. False where there is no such field. */
function focusOn(id) {
  const target = byId(searchId(id)) || byId(id);
  if (!target) return false;
  const inside = target.localName === "summary" ? target.parentElement.parentElement : target;
  for (let row = inside.closest("details"); row; row = row.parentElement.closest("details")) row.open = true;
  target.focus();
  return true;
}
