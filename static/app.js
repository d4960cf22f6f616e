/* What HTMX does not do: focus, open details and announcements after a swap, copying, banners while
   the dashboard cannot be reached or the session has ended, and CSRF tokens after a new sign-in. */
(() => {
  "use strict";
  // Before HTMX begins, which is when the page has been read. Not in each page, as its <meta> would be.
  Object.assign(htmx.config, {
    allowEval: false,
    allowScriptTags: false,
    includeIndicatorStyles: false,
    defaultSettleDelay: 0,
    historyCacheSize: 0,
    refreshOnHistoryMiss: true,
    scrollBehavior: "instant",
    timeout: 45000,
    responseHandling: [
      { code: "204", swap: false },
      { code: "[23]..", swap: true },
      { code: "[45]..", swap: true, error: true },
    ],
  });
  document.documentElement.classList.add("js");
  // Tells browsing/codats_copy/seen_before.py that a page can bring itself up to date.
  document.cookie = `scripts=1; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  const announcer = () => document.getElementById("announce");
  const showConnectionLost = (isLost) => {
    const banner = document.getElementById("connection-lost");
    if (banner) banner.hidden = !isLost;
  };

  // The ids of the <details> that were open before a swap.
  const openDetails = new Set();

  function announce(root) {
    const source = root.matches?.("[data-announce]") ? root : root.querySelector("[data-announce]");
    const live = announcer();
    // A fragment that polls is announced only where its message changes.
    if (source && live && live.textContent !== source.dataset.announce) live.textContent = source.dataset.announce;
  }

  // The focused element was swapped out: focus the one of its id, or else the new content.
  function refocus(root, id) {
    if (document.activeElement && document.activeElement !== document.body) return;
    const place = (id && document.getElementById(id)) || root.querySelector("[data-focus], #count") || root;
    if (place === root) root.setAttribute("tabindex", "-1");
    place.focus({ preventScroll: true });
  }

  // Recorded before the request, because a button that is disabled during it loses the focus.
  const hadFocus = new WeakMap(); // the id of the element, by the request
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.contains(document.activeElement)) hadFocus.set(event.detail.xhr, document.activeElement.id);
    // What was seen before can be read while Codat is asked.
    if (event.detail.elt.id !== "seen") event.detail.target?.setAttribute("aria-busy", "true");
    if (event.detail.elt.closest(".paging")) event.detail.target?.setAttribute("data-to-top", "");
  });
  document.addEventListener("htmx:afterRequest", (event) => event.detail.target?.removeAttribute("aria-busy"));

  // Automatic requests (a poll, a part that loads) are marked: their responses never navigate.
  const PRESSED = new Set(["click", "submit", "change", "input"]);
  document.addEventListener("htmx:configRequest", (event) => {
    const { triggeringEvent, headers } = event.detail;
    if (!PRESSED.has(triggeringEvent?.type)) headers["Automatic-Request"] = "1";
  });

  // Elements whose request was not signed in. They request again after the next response that is.
  const signedOut = new Set();
  function showSignedOut(elt, isSignedOut) {
    const banner = document.getElementById("signed-out");
    if (banner) banner.hidden = !isSignedOut;
    if (isSignedOut) {
      signedOut.add(elt);
      return;
    }
    signedOut.delete(elt);
    for (const source of signedOut) {
      if (source.isConnected) htmx.ajax("GET", source.getAttribute("hx-get"), { source });
    }
    signedOut.clear();
  }

  // What polls (hx-trigger="every ...") brought, by the id of their target. The same again is not swapped: what is being read
  // or selected there stays, and nothing is laid out anew. Tokens differ each time.
  const brought = new Map();
  const polls = (element) => Boolean(element.getAttribute("hx-trigger")?.startsWith("every "));
  // A poll has no event; an element that polls may listen to events, too.
  const isPoll = ({ elt, triggeringEvent }) => !triggeringEvent && polls(elt);
  const withoutTokens = (html) => html.replace(/(csrfmiddlewaretoken" value=")[^"]*/g, "$1");
  // Where no poll has brought anything yet, the response is compared with what stands in the page.
  function asServed(element) {
    const copy = element.cloneNode(true);
    copy.classList.remove("htmx-request");
    for (const name of ["aria-busy", "hx-swap-oob", ...(copy.className ? [] : ["class"])]) copy.removeAttribute(name);
    return withoutTokens(copy.outerHTML);
  }
  function isInPage(target, html) {
    const parts = [...new DOMParser().parseFromString(html, "text/html").body.children];
    return parts.length > 0 && parts.every((part) => {
      const there = document.getElementById(part.id);
      const isReplaced = part.id === target.id || part.getAttribute("hx-swap-oob") === "true";
      return there && isReplaced && asServed(there) === asServed(part);
    });
  }
  function isShown({ target, requestConfig, xhr }) {
    if (!isPoll(requestConfig)) return false;
    const html = xhr.responseText;
    if (brought.has(target.id)) return brought.get(target.id) === withoutTokens(html);
    if (!target.id || !isInPage(target, html)) return false;
    brought.set(target.id, withoutTokens(html));
    return true;
  }
  // After any swap, what polls brought to a place around it or in it is no longer what stands there.
  function forgetAround(target) {
    const place = target.isConnected ? target : document.getElementById(target.id);
    for (const id of brought.keys()) {
      const other = document.getElementById(id);
      if (!place || !other || place.contains(other) || other.contains(place)) brought.delete(id);
    }
  }
  // A part in which an action is under way stays: its response has its place there. The next poll renews the part.
  const isActing = (part) => [...part.querySelectorAll(".htmx-request")].some((element) => !polls(element));
  document.addEventListener("htmx:oobAfterSwap", (event) => forgetAround(event.detail.target));
  // htmx sends two events to each element that leaves. In a part that it leaves alone nothing listens: it is emptied first.
  document.addEventListener("htmx:oobBeforeSwap", ({ detail: { target } }) => {
    if (target.hasAttribute("hx-disable")) target.replaceChildren();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const { target, requestConfig, xhr } = event.detail;
    forgetAround(target);
    // A swap by a script has no request.
    if (target.id && requestConfig && isPoll(requestConfig)) brought.set(target.id, withoutTokens(xhr.responseText));
  });
  // The next poll does not wait in a queue for a slow response: it would follow without a pause.
  const asking = new WeakSet(); // the elements whose request is under way
  document.addEventListener("htmx:confirm", (event) => {
    if (isPoll(event.detail) && asking.has(event.detail.elt)) event.preventDefault();
  });
  document.addEventListener("htmx:beforeRequest", (event) => asking.add(event.detail.elt));
  for (const name of ["htmx:beforeOnLoad", "htmx:afterRequest"]) document.addEventListener(name, (event) => asking.delete(event.detail.elt));
  // The response to a poll of an element that leaves has no place in the page. What takes its place has a newer state.
  document.addEventListener("htmx:beforeCleanupElement", ({ target }) => {
    if (asking.has(target) && polls(target)) htmx.trigger(target, "htmx:abort");
  });

  // An error page of a proxy, or an empty response, does not replace the content.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    const ours = xhr.getResponseHeader("X-Request-ID") && (xhr.getResponseHeader("Content-Type") || "").startsWith("text/html") && xhr.responseText;
    if (xhr.status >= 400 && (!ours || xhr.getResponseHeader("HX-Reswap") === "none")) {
      event.detail.shouldSwap = false;
      showConnectionLost(true);
      return;
    }
    showConnectionLost(false);
    showSignedOut(event.detail.elt, Boolean(xhr.getResponseHeader("Signed-Out")));
    const { target } = event.detail;
    if (target && (isShown(event.detail) || (isPoll(event.detail.requestConfig) && isActing(target)))) {
      event.detail.shouldSwap = false;
      // For the other scripts nothing is swapped either.
      event.stopImmediatePropagation();
      return;
    }
    for (const details of target?.querySelectorAll("details[open][id]") || []) openDetails.add(details.id);
    if (target?.contains(document.activeElement) && !hadFocus.has(xhr)) hadFocus.set(xhr, document.activeElement.id);
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => showConnectionLost(true));

  document.addEventListener("htmx:afterSettle", (event) => {
    for (const id of openDetails) {
      const details = document.getElementById(id);
      if (details) details.open = true;
    }
    openDetails.clear();
    // A target that was replaced has a successor of its id; what came out of band beside it is none.
    const old = event.detail.target;
    const target = old?.isConnected ? old : (old?.id && document.getElementById(old.id)) || event.detail.elt;
    if (!target?.querySelector) return;
    announce(target);
    if (target.hasAttribute("data-to-top")) {
      target.removeAttribute("data-to-top");
      target.scrollIntoView({ block: "start" });
      target.querySelector("#count")?.focus({ preventScroll: true });
    } else if (hadFocus.has(event.detail.xhr)) refocus(target, hadFocus.get(event.detail.xhr));
  });

  // A new sign-in, in another tab for example, makes the CSRF tokens of open pages invalid. The cookie has the valid one.
  function renewToken(form) {
    const input = form.querySelector("[name=csrfmiddlewaretoken]");
    // Of two cookies with this name (another path or domain) Django reads the last.
    const cookie = [...document.cookie.matchAll(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/g)].at(-1);
    if (input && cookie) input.value = cookie[1];
  }
  document.addEventListener("submit", (event) => renewToken(event.target), true);
  document.addEventListener("draft", (event) => renewToken(event.target));

  // [data-copy="id"] copies that element's text; it stays hidden without scripts or a clipboard.
  function showCopy(root) {
    if (!navigator.clipboard) return;
    for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
  }
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    let message = "Copied";
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    } catch {
      message = "Your browser does not allow copying";
    }
    button.textContent = message;
    announcer().textContent = message;
  });
  document.addEventListener("htmx:load", (event) => showCopy(event.detail.elt));
  showCopy(document);

  // [data-copy-text] copies its text; the icon on it stays.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy-text]");
    if (!button) return;
    let message = "Copied";
    try {
      await navigator.clipboard.writeText(button.dataset.copyText);
      button.classList.add("copied");
      setTimeout(() => button.classList.remove("copied"), 2000);
    } catch {
      message = "Your browser does not allow copying";
    }
    announcer().textContent = message;
  });

  // Enter in a field whose `data-enter` names a button presses that one, not the first of the form.
  document.addEventListener("keydown", (event) => {
    const button = event.key === "Enter" && !event.isComposing && event.target.dataset?.enter;
    if (!button) return;
    event.preventDefault();
    document.getElementById(button).click();
  });

  // Pages show times in the reader's time zone; where that is not this browser's, the tooltip adds the local time.
  const isLocal = Intl.DateTimeFormat().resolvedOptions().timeZone === document.documentElement.dataset.timeZone;
  document.addEventListener("pointerover", (event) => {
    const time = event.target.closest?.("time[datetime]");
    if (!time?.dateTime.includes("T") || "local" in time.dataset || isLocal) return;
    time.dataset.local = "";
    const local = new Date(time.dateTime).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    time.title = `${time.title ? `${time.title}, ` : ""}${local} your time`;
  });

  // The PDF preview loads on demand: its library is many times as large as all other files.
  document.addEventListener("click", async (event) => {
    const holder = event.target.closest("[data-pdf] button")?.closest("[data-pdf]");
    if (holder) (await import(holder.dataset.module)).show(holder);
  });
})();
