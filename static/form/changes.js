/* What was changed: a bar and "was …" at each field, the number at each row and on the save button, names beside it.
   The server marks the same after each post; `data-was` is then the value that an input had before. */

import { byId, currentForm } from "./page.js";

const CONTROLS = ".form-fields :is(input, select, textarea)[name^='f.']";
const NAMES_SHOWN = 3;

export function startChanges() {
  for (const name of ["input", "change"]) {
    document.addEventListener(name, (event) => {
      const control = controlOf(event.target);
      if (!control) return;
      markField(control);
      markRows(control);
      showRequired(control);
      showChanges();
    });
  }
}

/** Marks what a browser restored, and names on the save button what the form has changed. */
export function enhanceChanges() {
  if (currentForm()) showChanges();
}

const controlOf = (target) => (target.matches?.(CONTROLS) ? target : null);

/* The value that a control had before anything was typed. */
function before(control) {
  if (control.dataset.was !== undefined) return control.dataset.was;
  if (control.tagName !== "SELECT") return control.defaultValue;
  return [...control.options].find((option) => option.defaultSelected)?.value ?? control.options[0]?.value ?? "";
}

/* What is new as a whole is not marked field by field. */
const isNew = (element) => Boolean(element.closest("[data-new], [data-creating]"));

function markField(control) {
  const field = control.closest(".field");
  if (!field || isNew(control)) return;
  const was = before(control);
  const isChanged = control.value.trim() !== was.trim();
  field.classList.toggle("changed", isChanged);
  let note = field.querySelector(":scope > .was");
  if (!isChanged) {
    note?.remove();
    return;
  }
  if (!note) {
    note = document.createElement("span");
    note.className = "was";
    note.dir = "auto";
    field.querySelector("label").after(note);
  }
  const option = control.tagName === "SELECT" && [...control.options].find((other) => other.value === was);
  note.textContent = was ? `was ${option ? option.text : was}` : "was empty";
}

/* The rows around a control say how many of their fields were changed. */
function markRows(control) {
  for (let row = control.closest(".row"); row; row = row.parentElement.closest(".row")) {
    if (isNew(row)) continue;
    const count = changedIn(row).length;
    const isMoved = row.hasAttribute("data-moved");
    row.classList.toggle("changed", isMoved || count > 0);
    const summary = row.querySelector(":scope > details > summary");
    if (!summary) continue;
    let note = summary.querySelector(".row-changes");
    if (!note) {
      note = document.createElement("span");
      note.className = "row-changes";
      summary.append(note);
    }
    note.textContent = [isMoved && "moved", count && counted(count)].filter(Boolean).join(", ");
  }
}

const counted = (count) => `${count} change${count === 1 ? "" : "s"}`;

/* The changed fields, and the rows that were added, removed or moved. A row that was added and is blank is not sent. */
function changedIn(root) {
  const marked = root.querySelectorAll(".field.changed, .row[data-new]:not(.removed), .row.removed:not([data-new]), [data-moved]");
  return [...marked].filter((part) => !part.parentElement.closest("[data-new]")
    && (part.matches(".field, .removed, [data-moved]") || isFilled(part)));
}

function isFilled(container) {
  return [...container.querySelectorAll("input:not([type=hidden])[name^='f.'], select[name^='f.'], textarea[name^='f.']")]
    .some((control) => control.value.trim() && !(control.hasAttribute("data-preset") && control.value === before(control)));
}

function nameOf(part) {
  const label = part.querySelector(":scope > label")?.firstChild.textContent.trim();
  const row = (part.matches(".row") ? part : part.parentElement.closest(".row:has(> .fold)"))?.querySelector("summary > b");
  const list = part.closest("fieldset, .part")?.querySelector("legend, h2")?.firstChild.textContent.trim();
  return [row?.textContent, label || (row ? "" : list)].filter(Boolean).join(": ");
}

function showChanges() {
  const label = document.querySelector("#save [data-change-count]");
  if (!label) return;
  const changed = changedIn(byId("form-fields"));
  label.textContent = changed.length ? `Save ${counted(changed.length)}` : "Save changes";
  const names = [...new Set(changed.map(nameOf))];
  const more = names.length - NAMES_SHOWN;
  byId("changed-fields").textContent = names.slice(0, NAMES_SHOWN).join(" · ") + (more > 0 ? ` · and ${more} more` : "");
}

/* A field is required once something else of its group is filled in. */
function showRequired(control) {
  for (let group = control.closest("[data-optional]"); group; group = group.parentElement.closest("[data-optional]")) {
    const filled = isFilled(group);
    for (const mark of group.querySelectorAll(".required")) {
      if (mark.closest("[data-optional]") !== group) continue;
      mark.hidden = !filled;
      const input = mark.closest(".field")?.querySelector("[name^='f.']");
      if (filled) input?.setAttribute("aria-required", "true");
      else input?.removeAttribute("aria-required");
    }
  }
}
