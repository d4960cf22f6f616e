/* What HTMX does not do: focus, folds and announcements after a swap, `/` for the search box, copying, a dashboard that
   is away, tokens that a new session has made old. */
(() => {
  "use strict";
  const announcer = () => document.getElementById("announce");
  const lost = (yes) => {
    const banner = document.getElementById("connection-lost");
    if (banner) banner.hidden = !yes;
  };

  // What somebody has unfolded stays so when it is swapped for its like.
  const unfolded = new Set();

  function announce(root) {
    const said = root.matches?.("[data-announce]") ? root : root.querySelector("[data-announce]");
    // What renews itself without news is not said again.
    if (said && announcer() && announcer().textContent !== said.dataset.announce) announcer().textContent = said.dataset.announce;
  }

  // What had the focus was swapped away, and nothing under its id came back: go where the change is.
  function refocus(root) {
    if (document.activeElement && document.activeElement !== document.body) return;
    const place = root.querySelector("[data-focus], #count") || root;
    if (place === root) root.setAttribute("tabindex", "-1");
    place.focus({ preventScroll: true });
  }

  // Asked before the request: what is disabled while it lasts loses the focus.
  const hadFocus = new WeakSet();
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.contains(document.activeElement)) hadFocus.add(event.detail.xhr);
    event.detail.target?.setAttribute("aria-busy", "true");
    if (event.detail.elt.closest(".paging")) event.detail.target?.setAttribute("data-to-top", "");
  });
  document.addEventListener("htmx:afterRequest", (event) => event.detail.target?.removeAttribute("aria-busy"));

  // An answer that is no page of ours (a proxy's, or an empty one) must not replace what is there.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    const ours = xhr.getResponseHeader("X-Request-ID") && (xhr.getResponseHeader("Content-Type") || "").startsWith("text/html") && xhr.responseText;
    if (xhr.status >= 400 && !ours) {
      event.detail.shouldSwap = false;
      lost(true);
      return;
    }
    lost(false);
    const { target } = event.detail;
    for (const fold of target?.querySelectorAll("details[open][id]") || []) unfolded.add(fold.id);
    if (target?.contains(document.activeElement)) hadFocus.add(xhr);
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => lost(true));

  document.addEventListener("htmx:afterSettle", (event) => {
    for (const id of unfolded) {
      const fold = document.getElementById(id);
      if (fold) fold.open = true;
    }
    unfolded.clear();
    const target = event.detail.target?.isConnected ? event.detail.target : event.detail.elt;
    if (!target?.querySelector) return;
    announce(target);
    if (target.hasAttribute("data-to-top")) {
      target.removeAttribute("data-to-top");
      target.scrollIntoView({ block: "start" });
      target.querySelector("#count")?.focus({ preventScroll: true });
    } else if (hadFocus.has(event.detail.xhr)) refocus(target);
  });

  // Signing in anew, in another tab say, makes the tokens of open pages old. The cookie has the one that counts.
  function renewToken(form) {
    const input = form.querySelector("input[name=csrfmiddlewaretoken]");
    // Of two of that name, of another path or domain, Django reads the last.
    const cookie = [...document.cookie.matchAll(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/g)].at(-1);
    if (input && cookie) input.value = cookie[1];
  }
  document.addEventListener("submit", (event) => renewToken(event.target), true);
  document.addEventListener("draft", (event) => renewToken(event.target));

  // [data-copy="id"] copies that element's text; without scripts, or without a clipboard, it stays hidden.
  function showCopy(root) {
    if (!navigator.clipboard) return;
    for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
  }
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    let said = "Copied";
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    } catch {
      said = "The browser did not allow copying";
    }
    button.textContent = said;
    announcer().textContent = said;
  });
  document.addEventListener("htmx:load", (event) => showCopy(event.detail.elt));
  showCopy(document);

  // Pages say times in UTC; under the pointer each tells what that is where the reader sits.
  document.addEventListener("pointerover", (event) => {
    const time = event.target.closest?.("time[datetime]");
    if (!time || "local" in time.dataset) return;
    time.dataset.local = "";
    const local = new Date(time.dateTime).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    time.title = `${time.title ? `${time.title}, ` : ""}${local} your time`;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    const box = document.getElementById("q");
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
  });

  // Previous and next: a link that names an arrow key is followed with it, unless the arrow moves something already.
  document.addEventListener("keydown", (event) => {
    if (!/^Arrow(Left|Right)$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable], [role=region]")) return;
    const link = document.querySelector(`a[aria-keyshortcuts=${event.key}]`);
    if (!link) return;
    event.preventDefault();
    link.click();
  });

  // A PDF is drawn on demand: the library for it is many times as large as all the rest.
  document.addEventListener("click", async (event) => {
    const holder = event.target.closest("[data-pdf] button")?.closest("[data-pdf]");
    if (holder) (await import(holder.dataset.module)).show(holder);
  });
})();
