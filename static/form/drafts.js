/* Drafts: what is typed is stored on the server a moment later, and the browser warns while something is not. */

import { byId, currentForm } from "./page.js";

const DELAY_MS = 1000;

let isUnsaved = false; // something was typed, or a row was changed, that no draft holds yet
let timer = 0;
let attempts = 0;

export const hasUnsavedChanges = () => isUnsaved;

/** Stores a draft a moment from now; each further change restarts the wait. */
export function scheduleDraft() {
  isUnsaved = true;
  clearTimeout(timer);
  timer = setTimeout(saveDraft, DELAY_MS);
}

export function cancelDraft() {
  clearTimeout(timer);
}

/** Everything typed is on its way in a post of the form. */
export function markSent() {
  isUnsaved = false;
}

/** Shows a sentence beside the buttons of the form. */
export function showStatus(text, isError = false) {
  const status = byId("draft-status");
  if (!status) return;
  status.textContent = text;
  status.classList.toggle("failed", isError);
}

export function startDrafts() {
  for (const name of ["input", "change"]) document.addEventListener(name, onEdit);
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-draft-url]") && !event.defaultPrevented) markSent();
  });
  addEventListener("beforeunload", (event) => { if (isUnsaved) event.preventDefault(); });
  addEventListener("pagehide", () => {
    const form = currentForm();
    if (form && isUnsaved) navigator.sendBeacon(form.dataset.draftUrl, bodyOf(form));
  });
}

function onEdit(event) {
  const isSearch = event.target.getAttribute?.("role") === "combobox";
  if (event.target.closest?.("form[data-draft-url]") && !isSearch) scheduleDraft();
}

async function saveDraft() {
  const form = currentForm();
  if (!form || !isUnsaved || form.hasAttribute("aria-busy")) return;
  attempts += 1;
  const attempt = attempts;
  isUnsaved = false;
  const status = await send(form);
  const isSaved = status >= 200 && status < 300;
  if (!isSaved) isUnsaved = true;
  // Only the latest attempt is reported.
  if (attempt === attempts) report(status, isSaved);
}

/* The HTTP status of the response, 0 where there is none. */
async function send(form) {
  // app.js renews the CSRF token on this event.
  form.dispatchEvent(new Event("draft", { bubbles: true }));
  try {
    const response = await fetch(form.dataset.draftUrl, { method: "POST", body: bodyOf(form), redirect: "error" });
    return response.status;
  } catch {
    return 0;
  }
}

function report(status, isSaved) {
  if (isSaved) {
    // In UTC, as all times on these pages.
    showStatus(`Draft saved ${new Date().toISOString().slice(11, 16)} UTC`);
  } else if (status === 401) {
    showStatus("You have been signed out. What you typed is kept on this page. ", true);
    byId("draft-status")?.append(makeSignInLink());
  } else {
    showStatus("The draft could not be saved. Keep this page open. We try again when you type.", true);
  }
}

function makeSignInLink() {
  const link = document.createElement("a");
  link.href = "/accounts/login/";
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = "Sign in (in a new tab)";
  return link;
}

const bodyOf = (form) => new URLSearchParams(new FormData(form));
