/* The frame: menus that close, the problems in title, favicon, bar and at the recent companies, and toasts. */
(() => {
  "use strict";

  // A menu closes on Escape (the focus returns to its button), on a click elsewhere, and on a choice.
  const openMenus = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) {
      const chosen = event.target.closest?.("a, button");
      if (!menu.contains(event.target) || (chosen && menu.contains(chosen))) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      menu.open = false;
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("focusin", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });

  // The number of problems and the companies that have them: the entry My changes has both, and renews itself.
  function showProblems() {
    const entry = document.getElementById("my-writes");
    if (!entry) return;
    const count = Number(entry.dataset.problems);
    const title = document.title.replace(/^\(\d+\) /, "");
    const wanted = count ? `(${count}) ${title}` : title;
    if (document.title !== wanted) document.title = wanted;
    const favicon = document.getElementById("favicon");
    const href = count ? favicon.dataset.problem : favicon.dataset.plain;
    if (favicon.getAttribute("href") !== href) favicon.setAttribute("href", href);
    const companies = new Set(JSON.parse(entry.dataset.companies));
    for (const mark of document.querySelectorAll("[data-company].attention")) mark.hidden = !companies.has(mark.dataset.company);
    const bar = document.getElementById("bar-problems");
    if (bar) {
      bar.hidden = !count;
      bar.querySelector(".badge").textContent = count;
    }
  }
  // A fragment may bring a title of its own, and the entry comes with other fragments, too.
  for (const name of ["htmx:afterSettle", "htmx:oobAfterSwap"]) document.addEventListener(name, showProblems);

  // Toasts: the event `toast` with {text, level, url, label}. Problems stay until they are dismissed.
  const SHOWN_FOR = 8000;
  const region = () => document.getElementById("toasts");
  // On a narrow screen the page ends above them. A :has() of the body would have the browser style the whole page again at
  // each change of it.
  const makeRoom = () => document.body.classList.toggle("with-toasts", Boolean(region().querySelector("li")));
  function dismiss(toast) {
    const hadFocus = toast.contains(document.activeElement);
    const next = toast.nextElementSibling || toast.previousElementSibling;
    toast.remove();
    makeRoom();
    if (hadFocus) (next?.querySelector("button") || document.getElementById("main")).focus();
  }
  function show({ text, level = "info", url = "", label = "View" }) {
    if (!text) return;
    const toast = region().querySelector("template").content.firstElementChild.cloneNode(true);
    toast.classList.add(level);
    const line = toast.querySelector("p");
    line.textContent = text;
    if (url.startsWith("/") && !url.startsWith("//")) {
      const link = document.createElement("a");
      link.href = url;
      link.textContent = label;
      line.append(" ", link);
    }
    toast.querySelector("button").addEventListener("click", () => dismiss(toast));
    region().querySelector("ul").append(toast);
    makeRoom();
    document.getElementById(level === "bad" ? "announce-problem" : "announce").textContent = text;
    if (level === "bad") return;
    // Not while somebody reads it with the pointer or the keyboard on it.
    const timer = setInterval(() => {
      if (toast.matches(":hover, :focus-within")) return;
      clearInterval(timer);
      if (toast.isConnected) dismiss(toast);
    }, SHOWN_FOR);
  }
  window.addEventListener("toast", (event) => show(event.detail));
})();
