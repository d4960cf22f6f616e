/* A form that has no draft: the browser asks before somebody leaves what was typed into it. */

import { textOf } from "./drafts.js";

const guardedForm = () => document.querySelector("form[data-warn-before-leaving]");

export function startLeaveWarning() {
  if (!guardedForm()) return;
  const opened = textOf(guardedForm());
  let isSaved = false;
  addEventListener("beforeunload", (event) => {
    const form = guardedForm();
    if (form && !isSaved && textOf(form) !== opened) event.preventDefault();
  });
  document.addEventListener("submit", (event) => {
    if (event.target === guardedForm() && !event.defaultPrevented) isSaved = true;
  });
  // The response to a save leads to another page; any other one is the form again.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Redirect")) isSaved = true;
  });
}
