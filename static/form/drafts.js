/* Drafts: the form is stored on the server shortly after each change, and the browser warns until it is. */

import { byId, currentForm } from "./page.js";

const DELAY_MS = 1000;
const RETRY_MS = [2000, 5000, 15000, 30000]; // The last one is repeated.

const NOT_TYPED = ["csrfmiddlewaretoken", "base", "draft_sequence"];

let opened = null; // what the form held when it was opened
let stored = null; // what the server has of it: as it was opened, or the draft
let timer = 0;
let attempts = 0;
let failures = 0; // in a row
let sequence = 0; // of the last post: the server keeps the post with the highest number

/** Whether the form holds something that the server does not have yet. */
export function hasUnsavedChanges() {
  const form = currentForm();
  return Boolean(form) && textOf(form) !== stored;
}

/** Stores a draft a moment from now; each further change restarts the wait. */
export function scheduleDraft() {
  clearTimeout(timer);
  timer = setTimeout(saveDraft, DELAY_MS);
}

/** No draft is stored from what was typed until now; what a post that is under way says is not shown. */
export function cancelDraft() {
  clearTimeout(timer);
  attempts += 1;
}

/** The form's values are being sent in a post of the form. */
export function markSent() {
  stored = currentForm() ? textOf(currentForm()) : null;
}

/** Shows a sentence beside the buttons of the form. */
export function showStatus(text, isError = false) {
  const status = byId("draft-status");
  if (!status) return;
  status.textContent = text;
  status.classList.toggle("failed", isError);
}

export function startDrafts() {
  if (currentForm()) opened = stored = textOf(currentForm());
  document.addEventListener("click", onCancel);
  for (const name of ["input", "change"]) document.addEventListener(name, onEdit);
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-draft-url]") && !event.defaultPrevented) markSent();
  });
  addEventListener("beforeunload", (event) => { if (hasUnsavedChanges()) event.preventDefault(); });
  addEventListener("pagehide", () => {
    const form = currentForm();
    if (form && hasUnsavedChanges()) navigator.sendBeacon(form.dataset.draftUrl, bodyOf(form));
  });
}

function onEdit(event) {
  const isSearch = event.target.getAttribute?.("role") === "combobox";
  if (event.target.closest?.("form[data-draft-url]") && !isSearch) scheduleDraft();
}

async function saveDraft() {
  const form = currentForm();
  if (!form || !hasUnsavedChanges() || form.hasAttribute("aria-busy")) return;
  attempts += 1;
  const attempt = attempts;
  const text = textOf(form);
  const response = await send(form);
  // Only the latest attempt matters: it has all entered values.
  if (attempt !== attempts) return;
  const status = response?.status ?? 0;
  const isSaved = status >= 200 && status < 300;
  failures = isSaved ? 0 : failures + 1;
  if (isSaved) stored = text;
  else {
    // Another computer, with a faster clock, has stored a draft of this form.
    sequence = Math.max(sequence, Number(response?.headers.get("Draft-Sequence") ?? 0));
    if (status !== 410) retryDraft();
  }
  report(status, isSaved, response?.headers.get("Draft") !== "none");
}

function retryDraft() {
  clearTimeout(timer);
  timer = setTimeout(saveDraft, RETRY_MS[Math.min(failures, RETRY_MS.length) - 1]);
}

/* The response, null where there is none. */
async function send(form) {
  // app.js renews the CSRF token on this event.
  form.dispatchEvent(new Event("draft", { bubbles: true }));
  try {
    return await fetch(form.dataset.draftUrl, { method: "POST", body: bodyOf(form), redirect: "error" });
  } catch {
    return null;
  }
}

function report(status, isSaved, hasDraft) {
  if (isSaved && !hasDraft) {
    showStatus("");
  } else if (isSaved) {
    showStatus(`Draft saved ${currentTime()}`);
  } else if (status === 401) {
    showStatus("You have been signed out. What you typed is kept on this page. ", true);
    byId("draft-status")?.append(makeSignInLink());
  } else if (status === 410) {
    showStatus("This form was already saved, so there is no draft of it. Save again to keep your changes.", true);
  } else {
    showStatus("The draft could not be saved. Keep this page open. We are trying again.", true);
  }
}

/* The time in the reader's time zone and format; in UTC where this browser does not know them. */
function currentTime() {
  const { timeZone, locale } = document.documentElement.dataset;
  try {
    return new Date().toLocaleTimeString(locale, { hour: "numeric", minute: "2-digit", timeZone, timeZoneName: "short" });
  } catch {
    return `${new Date().toISOString().slice(11, 16)} UTC`;
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

/* What a person can change in a form, as one text. */
export function textOf(form) {
  const data = new FormData(form);
  for (const name of NOT_TYPED) data.delete(name);
  return new URLSearchParams(data).toString();
}

/* Cancel asks for confirmation, in the page, where the form was changed. */
async function onCancel(event) {
  const form = currentForm();
  const question = byId("cancel-question");
  if (!form || !question) return;
  const { cancel } = event.target.dataset;
  if (event.target.id === "cancel" && textOf(form) !== opened) {
    event.preventDefault();
    question.hidden = false;
    question.querySelector("button").focus();
  } else if (cancel === "stay") {
    question.hidden = true;
    byId("cancel").focus();
  } else if (cancel === "leave") {
    await saveDraft();
    location.assign(byId("cancel").href);
  } else if (cancel === "discard") {
    await discardDraft(form);
  }
}

async function discardDraft(form) {
  cancelDraft();
  const body = new URLSearchParams();
  for (const name of ["csrfmiddlewaretoken", "submission"]) body.set(name, form.elements[name].value);
  body.set("action", "discard");
  try {
    await fetch(form.dataset.draftUrl, { method: "POST", body, redirect: "manual" });
  } catch {
    showStatus("The draft could not be discarded. Try again.", true);
    return;
  }
  markSent();
  location.assign(byId("cancel").href);
}

function bodyOf(form) {
  sequence = Math.max(sequence + 1, Date.now());
  const body = new URLSearchParams(new FormData(form));
  body.set("draft_sequence", sequence);
  return body;
}
