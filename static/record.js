/* A customer's page: a field that is edited in its place, Undo for some seconds, and the states of changes that go on. */

import { awaitInput, awaitNone, putTyped } from "./typed_ahead.js";

const byId = (id) => document.getElementById(id);
const openForm = () => document.querySelector(".slot > .field-edit");
// A field is open, or a pencil or Undo was pressed: the response needs the place that it was asked for.
const isEditing = () => Boolean(openForm() || document.querySelector(":is(.pencil, .undo).htmx-request"));
const announce = (text) => { byId("announce").textContent = text; };

let opened = ""; // what the open field held at first
let isReloadDue = false; // the page's fields, once no field is open
let returnTo = ""; // the id of the cell whose pencil gets the focus after the next swap

// -- a field is opened and closed -------------------------------------------------------------------

const typedIn = (form) => {
  const data = new FormData(form);
  for (const name of ["csrfmiddlewaretoken", "base", "submission"]) data.delete(name);
  return new URLSearchParams(data).toString();
};

function focusPencil(cell) {
  (cell?.querySelector(".pencil") || cell)?.focus({ preventScroll: true });
}

function close(form) {
  const cell = form.closest(".cell");
  discardDraft(form);
  form.parentElement.replaceChildren();
  focusPencil(cell);
  reloadWhereDue();
}

function reloadWhereDue() {
  if (!isReloadDue || isEditing()) return;
  isReloadDue = false;
  htmx.trigger(document.body, "customers-refreshed");
}

// One field at a time: a second one that is opened closes the first, unless something was typed there.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt } = event.detail;
  if (elt.matches(".pencil")) {
    const form = openForm();
    if (form && typedIn(form) !== opened) {
      event.preventDefault();
      form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
      announce("Save or cancel this field first.");
      return;
    }
    form?.parentElement.replaceChildren();
    awaitInput();
  } else if (elt.matches(".field-edit")) {
    // What is typed from here on would be lost with the response.
    for (const input of elt.querySelectorAll("input, textarea")) input.readOnly = true;
    const save = elt.querySelector(".field-save");
    if (save) save.textContent = "Saving…";
  }
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const { elt } = event.detail;
    if (elt.matches?.(".pencil")) awaitNone();
    if (elt.matches?.(".pencil, .undo")) setTimeout(reloadWhereDue);
    if (!elt.matches?.(".field-edit")) return;
    for (const input of elt.querySelectorAll("input, textarea")) input.readOnly = false;
    const save = elt.querySelector(".field-save");
    if (save) save.textContent = "Save";
  });
}

document.addEventListener("click", (event) => {
  const cancel = event.target.closest?.("[data-field-cancel]");
  if (cancel && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    close(cancel.closest("form"));
  }
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.(".field-edit");
  if (!form || event.isComposing) return;
  if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    close(form);
  } else if (event.key === "Enter") {
    const isSelect = event.target.matches("select");
    const isText = event.target.matches("textarea") && (event.ctrlKey || event.metaKey);
    if (!isSelect && !isText) return;
    event.preventDefault();
    form.requestSubmit();
  }
});

// The button for the key `e`: the field that has the focus or is under the pointer, else the first one.
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("#edit-here")) return;
  const focused = document.activeElement?.closest(".cell")?.querySelector(".pencil");
  const hovered = document.querySelector(".cell:hover .pencil, .editable:hover .pencil");
  (focused || hovered || document.querySelector(".cell .pencil"))?.click();
});

// -- what was typed is not lost ---------------------------------------------------------------------

const LARGEST_BEACON = 60_000; // browsers send 64 KiB while a page is left

function draftOf(form) {
  const body = new URLSearchParams(new FormData(form));
  body.set("draft_sequence", Date.now());
  return body;
}
const unsaved = () => {
  const form = openForm();
  return form?.dataset.draftUrl && typedIn(form) !== opened ? form : null;
};
let leftDraft = false;
addEventListener("pagehide", () => {
  const form = unsaved();
  if (form) leftDraft = navigator.sendBeacon(form.dataset.draftUrl, draftOf(form));
});
addEventListener("beforeunload", (event) => {
  const form = unsaved();
  if (form && draftOf(form).toString().length > LARGEST_BEACON) event.preventDefault();
});
// A page that comes back from the browser's memory may have left a draft of what is cancelled now.
function discardDraft(form) {
  if (!leftDraft) return;
  leftDraft = false;
  const body = draftOf(form);
  body.set("action", "discard");
  fetch(form.dataset.draftUrl, { method: "POST", body, redirect: "manual" }).catch(() => {});
}

// -- swaps ------------------------------------------------------------------------------------------

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig } = event.detail;
  if (target?.id === "customer") {
    if (isEditing()) {
      event.detail.shouldSwap = false;
      isReloadDue = true;
      return;
    }
    returnTo ||= document.activeElement?.closest(".cell")?.id || "";
  } else if (requestConfig.elt.matches(".field-edit") && target?.matches(".cell")) {
    returnTo = target.id;
  }
});

// Read in the same turn as the swap: what is typed before the page has settled is already a difference.
document.addEventListener("htmx:afterSwap", (event) => {
  const form = event.detail.target?.matches?.(".slot") ? openForm() : null;
  if (!form) return;
  opened = opened && form.querySelector("[aria-invalid], [role=alert]") ? opened : typedIn(form);
});

document.addEventListener("htmx:afterSettle", (event) => {
  const { target } = event.detail;
  if (target?.matches?.(".slot")) {
    const form = openForm();
    if (!form) {
      awaitNone();
      return;
    }
    form.querySelector("[autofocus]")?.focus();
    form.querySelector("input[type=text]")?.select();
    putTyped(form.querySelector("[autofocus]"));
  } else {
    if (!openForm()) opened = "";
    if (returnTo && byId(returnTo)) {
      focusPencil(byId(returnTo));
      returnTo = "";
    }
    reloadWhereDue();
  }
});

document.addEventListener("submit", (event) => {
  if (event.target.matches(".undo")) returnTo = event.target.closest(".cell")?.id || "";
});

// -- undo, for some seconds -------------------------------------------------------------------------

function startCountdowns(root) {
  for (const form of root.querySelectorAll(".undo[data-seconds]")) {
    if (form.dataset.ends) continue;
    form.dataset.ends = String(Date.now() + Number(form.dataset.seconds) * 1000);
    const timer = setInterval(() => {
      const left = Math.ceil((Number(form.dataset.ends) - Date.now()) / 1000);
      const isBusy = form.matches(":hover, :focus-within, .htmx-request");
      if (!form.isConnected) clearInterval(timer);
      else if (left > 0) form.querySelector(".countdown").textContent = `${left} s`;
      else if (isBusy) form.querySelector(".countdown").textContent = "";
      else {
        clearInterval(timer);
        form.remove();
      }
    }, 250);
  }
}

// -- the states of changes --------------------------------------------------------------------------

// The poll of the pending changes has the state of each: it is shown wherever the change is.
function showStates(section) {
  for (const line of section.querySelectorAll("[data-state-of]")) {
    const id = line.dataset.stateOf;
    const state = line.querySelector(".state-source");
    let isPlaced = false;
    for (const place of document.querySelectorAll(`[data-write="${CSS.escape(id)}"]`)) {
      const cell = place.closest(".cell");
      isPlaced ||= Boolean(cell);
      if (place.textContent === state.textContent) continue;
      place.replaceChildren(...state.cloneNode(true).childNodes);
      if (cell) announce(line.dataset.label);
    }
    if (isPlaced && !("keep" in line.dataset)) line.hidden = true;
  }
  const lines = [...section.querySelectorAll("[data-state-of]")];
  const hasText = Boolean(section.querySelector(":scope > p"));
  section.hidden = !hasText && lines.every((line) => line.hidden);
}

document.addEventListener("htmx:load", (event) => {
  const { elt } = event.detail;
  startCountdowns(elt.parentElement || elt);
  const section = elt.id === "pending-changes" ? elt : null;
  if (section) showStates(section);
});
startCountdowns(document);
