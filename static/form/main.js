/* Enhancements of a customer's form with JavaScript. Everything works without it. */

import { startBusyForm } from "./busy_form.js";
import { enhanceChanges, startChanges } from "./changes.js";
import { enhanceComboboxes } from "./combobox.js";
import { enhanceCounters, startCounters } from "./counters.js";
import { scheduleDraft, startDrafts } from "./drafts.js";
import { restoreFocus, startFocus } from "./focus.js";
import { startLeaveWarning } from "./leave_warning.js";
import { startLineBreaks } from "./line_breaks.js";
import { currentForm } from "./page.js";
import { startRowShortcuts } from "./row_shortcuts.js";
import { startTicks } from "./ticks.js";

function enhance(root) {
  enhanceComboboxes(root);
  enhanceCounters(root);
  enhanceChanges();
}

startFocus();
startRowShortcuts();
startCounters();
startChanges();
startLineBreaks();
startDrafts();
startLeaveWarning();
startTicks();
startBusyForm();

document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
document.addEventListener("htmx:afterSettle", (event) => {
  const form = currentForm();
  const { elt, requestConfig } = event.detail;
  if (!form || !(elt === form || elt.contains?.(form))) return;
  restoreFocus();
  // A row that was added, moved or removed is a change, too.
  if (requestConfig?.verb === "post") scheduleDraft();
});

enhance(document);
