/* A form that is being saved accepts no input: text entered after the request was sent would be lost with the response. */

import { cancelDraft, hasUnsavedChanges, markSent, scheduleDraft, showStatus } from "./drafts.js";
import { byId, currentForm } from "./page.js";

// The id of the button, by the action that it posts.
const SAVE_BUTTONS = { save: "save", next: "save-next" };
const INPUT_EVENTS = ["beforeinput", "keydown", "pointerdown", "mousedown", "click", "paste", "drop"];

let pressed = null; // the save button that says "Saving…", and what it said before

export function startBusyForm() {
  for (const name of INPUT_EVENTS) document.addEventListener(name, stopInput, true);
  document.addEventListener("htmx:beforeRequest", onRequest);
  document.addEventListener("htmx:beforeOnLoad", onResponse);
  document.addEventListener("htmx:afterRequest", onEnd);
}

/* Links, and keys that leave the form or the page, keep working. */
function stopInput(event) {
  if (!event.target.closest?.("form.edit[aria-busy]") || event.target.closest("a[href]")) return;
  const isLeavingKey = /^(Tab|Escape|F\d+)$/.test(event.key) || event.ctrlKey || event.metaKey;
  const isBackKey = event.altKey && /^Arrow(Left|Right)$/.test(event.key);
  if (event.type === "keydown" && (isLeavingKey || isBackKey)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

function onRequest(event) {
  const { elt, requestConfig } = event.detail;
  if (elt !== currentForm()) return;
  cancelDraft();
  const save = byId(SAVE_BUTTONS[requestConfig.formData.get("action")]);
  if (!save) return;
  pressed = { button: save, label: [...save.childNodes] };
  save.replaceChildren("Saving…");
  showStatus("Saving…");
}

/* The save has its own page now, unlike the sign-in page, where the entered values are on this page only. */
function onResponse(event) {
  const address = event.detail.xhr.getResponseHeader("HX-Redirect");
  if (address && !address.includes("/login/")) {
    markSent();
    cancelDraft();
  }
}

function onEnd(event) {
  const { elt, successful, xhr } = event.detail;
  if (elt !== currentForm() || (successful && xhr.getResponseHeader("HX-Redirect"))) return;
  if (pressed) {
    pressed.button.replaceChildren(...pressed.label);
    pressed = null;
    showStatus("");
  }
  // The form was not replaced, so no response of the dashboard arrived: no draft has the entered values yet.
  if (hasUnsavedChanges() || !successful) scheduleDraft();
}
