/* Waiting for Codat: after a second a thin bar and a word, after five a sentence about the integration. And a page that was
   seen before, which is brought up to date without moving its reader.

   Nothing here is needed without scripts: the browser shows that a page loads. */
(() => {
  "use strict";
  // Milliseconds; the longest is more than a page takes, for a navigation that ends in no page.
  const AFTER = 1000;
  const SLOW_AFTER = 5000;
  const LONGEST = 90_000;
  const NOTE_FOR = 5000;
  const PRESSED = new Set(["click", "submit", "change", "input"]);
  // Forms, fields and files come from the integration; all other pages from Codat's copy or from the dashboard itself.
  const OF_INTEGRATION = /\/(?:new|edit|field|attachments)\/(?:$|.)/;
  const IS_FILE = /\/(?:download|preview)\/$|\.zip$/;

  const bar = document.getElementById("waiting-bar");
  const box = document.getElementById("waiting");
  const line = box.querySelector("p");
  const button = box.querySelector("button");
  const announce = (text) => { document.getElementById("announce").textContent = text; };

  // -- the bar and its words ------------------------------------------------------------------------

  const waits = new Map(); // by request; "page" is a navigation
  let note = ""; // what is said where nothing waits
  let noteTimer = 0;

  function show() {
    const wait = [...waits.values()].filter((one) => one.isLong || one.age).at(-1);
    bar.hidden = !wait?.isLong;
    line.textContent = wait ? [wait.age, (wait.isSlow && wait.sentence) || wait.text].filter(Boolean).join(" ") : note;
    button.hidden = Boolean(wait) || !update?.canBeShown;
    box.hidden = !line.textContent;
  }

  function say(text, { stays = false } = {}) {
    clearTimeout(noteTimer);
    note = text;
    if (text && !stays) noteTimer = setTimeout(() => say(""), NOTE_FOR);
    show();
  }

  function begin(key, { address, method = "GET", age = "" }) {
    end(key);
    const path = new URL(address, location.href).pathname;
    const isCodat = path.startsWith("/companies/");
    const isIntegration = method !== "GET" || OF_INTEGRATION.test(path);
    const wait = { age, text: isCodat ? "Asking Codat…" : "Loading…" };
    if (isCodat) wait.sentence = (isIntegration ? box.dataset.ofIntegration : box.dataset.ofCopy) || "Codat is slow to answer.";
    const later = (milliseconds, then) => setTimeout(() => { then(); show(); }, milliseconds);
    wait.timers = [
      later(AFTER, () => { wait.isLong = true; announce(wait.text); }),
      later(SLOW_AFTER, () => { wait.isSlow = true; if (wait.sentence) announce(wait.sentence); }),
      later(LONGEST, () => end(key)),
    ];
    waits.set(key, wait);
    if (age) say("");
  }

  function end(key) {
    const wait = waits.get(key);
    if (!wait) return;
    for (const timer of wait.timers) clearTimeout(timer);
    waits.delete(key);
    show();
  }

  // What a person asked for, in a part of the page. A poll says for itself that it waits.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, xhr, requestConfig } = event.detail;
    const isSeen = elt.id === "seen";
    if (isSeen) {
      update = null;
      sources.set(xhr, elt);
    }
    if (!isSeen && !PRESSED.has(requestConfig.triggeringEvent?.type)) return;
    begin(xhr, { address: requestConfig.path, method: requestConfig.verb.toUpperCase(), age: isSeen ? elt.textContent : "" });
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    end(event.detail.xhr);
    if (event.detail.xhr === swapped) finish(event.detail.xhr);
  });

  // Another page.
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const isHere = link.pathname + link.search === location.pathname + location.search && link.hash;
    if (link.target || link.origin !== location.origin || isHere || link.hasAttribute("download") || IS_FILE.test(link.pathname)) return;
    begin("page", { address: link.href });
  });
  addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    // A form whose answer is a file leaves the page where it is, and says for itself how far it is.
    if (event.defaultPrevented || form.dataset.progress || form.matches("[data-file]")) return;
    begin("page", {
      address: submitter?.getAttribute("formaction") || form.getAttribute("action") || location.href,
      method: (submitter?.getAttribute("formmethod") || form.getAttribute("method") || "get").toUpperCase(),
    });
  });
  // The page is left or comes back; Escape ends loading.
  for (const name of ["pagehide", "pageshow"]) addEventListener(name, () => end("page"));
  addEventListener("keydown", (event) => { if (event.key === "Escape") end("page"); });

  // -- a page that was seen before ------------------------------------------------------------------

  const sources = new WeakMap(); // the element of each request that brings the page up to date
  let update = null; // what Codat answered while the reader was busy
  let swapped = null; // the request whose response is put into the page
  let place = null; // where the reader is meanwhile

  const isChanged = (control) => {
    if (control.matches("[type=checkbox], [type=radio]")) return control.checked !== control.defaultChecked;
    if (!control.matches("select")) return control.type !== "hidden" && control.value !== control.defaultValue;
    const first = [...control.options].findIndex((option) => option.defaultSelected);
    return control.selectedIndex !== Math.max(first, 0);
  };

  /* Whether a swap would take something from the reader's hands. */
  function isBusy(target) {
    const active = document.activeElement;
    if (target.contains(active) && active.matches("select, textarea, input:not([type=checkbox], [type=radio])")) return true;
    const selection = getSelection();
    if (!selection.isCollapsed && target.contains(selection.anchorNode)) return true;
    if (target.querySelector(".field-edit, details.menu[open], dialog[open], :popover-open")) return true;
    return [...target.querySelectorAll("input, select, textarea")].some(isChanged);
  }

  /* An element as it is found again in other HTML: a link to another page by its address, for a row may stand elsewhere. */
  const markOf = (element) => ({ path: element.pathname !== location.pathname ? element.pathname : "", id: element.id });
  const findMark = ({ path, id }) => {
    const link = path && [...document.querySelectorAll("main a[href]")].find((one) => one.pathname === path);
    return link || (id && document.getElementById(id)) || null;
  };

  function recordPlace(target) {
    const active = target.contains(document.activeElement) ? markOf(document.activeElement) : null;
    const seen = [...target.querySelectorAll("tbody a[id], section[aria-labelledby], .cell[id]")];
    const first = scrollY > 0 && seen.find((element) => element.getBoundingClientRect().top >= 0);
    place = { active, mark: first ? markOf(first) : null, top: first ? first.getBoundingClientRect().top : 0 };
  }

  function restorePlace() {
    const { active, mark, top } = place;
    place = null;
    const element = mark && findMark(mark);
    if (element) scrollBy({ top: element.getBoundingClientRect().top - top, behavior: "instant" });
    if (active) findMark(active)?.focus({ preventScroll: true });
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target, shouldSwap } = event.detail;
    const source = sources.get(xhr);
    if (!source || !shouldSwap) return;
    if (!source.isConnected) {
      // The reader has gone on to something else in its place.
      event.detail.shouldSwap = false;
    } else if (isBusy(target)) {
      event.detail.shouldSwap = false;
      offer(event.detail);
    } else {
      recordPlace(target);
      swapped = xhr;
    }
  });

  function finish(xhr) {
    swapped = update = null;
    restorePlace();
    const problem = document.querySelector("main .banner[data-announce]");
    if (xhr.status < 400 && !problem) {
      say("Updated just now.");
      announce("Updated just now.");
    } else if (problem && problem.getBoundingClientRect().bottom < 0) say(problem.dataset.announce);
    else say("");
  }

  /* What Codat returned is shown when the reader asks for it. An open field is closed first; then record.js reads again. */
  function offer({ target, xhr, serverResponse, swapOverride }) {
    const problem = new DOMParser().parseFromString(serverResponse, "text/html").querySelector(".banner[data-announce]");
    const canBeShown = !problem && !target.querySelector(".field-edit");
    update = { target, xhr, serverResponse, swapOverride, canBeShown };
    const news = canBeShown ? "Codat has newer data." : "Codat has newer data. It is shown when you have finished this field.";
    const text = problem?.dataset.announce || news;
    say(text, { stays: true });
    announce(text);
  }

  button.addEventListener("click", () => {
    const { target, xhr, serverResponse, swapOverride } = update;
    recordPlace(target);
    const swap = { swapStyle: swapOverride || "innerHTML", swapDelay: 0, settleDelay: 0 };
    htmx.swap(target, serverResponse, swap, { select: xhr.getResponseHeader("HX-Reselect"), eventInfo: { target, xhr } });
    finish(xhr);
  });

  // Something newer has taken the place of what was offered.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (place || !update || !event.detail.target?.contains(update.target)) return;
    update = null;
    say("");
  });
})();
