/* The rows that a list has beyond its first. As elements from the start they would block it: 5,000 rows take a browser half
   a second to build, and htmx as long to walk. With scripts the browser has read them as one text, in a <noscript>; of a very
   long list they are fetched once the page has loaded. They are added in short tasks. Before anything is done on the page, all
   are there that the browser has, and what ticks rows waits for those that are still to be fetched. */
(() => {
  "use strict";
  const source = document.querySelector(".more-rows");
  if (!source) return;
  const table = source.previousElementSibling;
  const { version } = source.dataset;
  const groupsOf = (text) => text.match(/<tbody>[^]*?<\/tbody>/g) ?? [];
  let groups = version ? null : groupsOf(source.textContent); // null: not loaded yet
  // Read once; as HTML the page would have these rows twice.
  if (groups) source.remove();

  function add(number) {
    table.insertAdjacentHTML("beforeend", groups.splice(0, number).join(""));
    if (groups.length) return;
    for (const type of ACTIONS) window.removeEventListener(type, addAll, true);
    // After the click that may have been waiting for them: its own checkbox is not to be set meanwhile.
    setTimeout(() => document.dispatchEvent(new Event("rows-added")));
  }
  function addNext() {
    // Another search may have taken the place of these rows.
    if (!groups.length || !table.isConnected) return;
    add(1);
    setTimeout(addNext);
  }

  function receive(status, text) {
    groups = status === 200 ? groupsOf(text) : [];
    if (groups.length) {
      if (source.contains(document.activeElement)) document.getElementById("count")?.focus();
      source.remove();
    } else source.querySelector("[role=status]").textContent = "The other customers of this page could not be loaded.";
  }
  let loading;
  function load() {
    const headers = { "Other-Rows": version, "Automatic-Request": "1" };
    loading ??= fetch(location.href, { headers, signal: AbortSignal.timeout(60000) })
      .then(async (response) => receive(response.status, await response.text()))
      .catch(() => receive(0, ""));
    return loading;
  }

  async function addAll(event) {
    // Another search has taken the place of these rows.
    if (!table.isConnected) return;
    if (groups) {
      add(groups.length);
      return;
    }
    // What ticks rows waits for those that are still to be fetched.
    const waiting = event?.type === "click" && event.target.closest("#selection input, #selection button");
    if (waiting) {
      event.preventDefault();
      event.stopImmediatePropagation();
      table.setAttribute("aria-busy", "true");
    }
    await load();
    table.removeAttribute("aria-busy");
    const isLoaded = groups.length > 0;
    add(groups.length);
    // Without them it would tick fewer rows than the page says it has.
    if (waiting?.isConnected && isLoaded) waiting.dispatchEvent(new MouseEvent("click", event));
  }

  const ACTIONS = ["keydown", "click", "beforeprint"];
  for (const type of ACTIONS) window.addEventListener(type, addAll, true);
  // A place in the list that one comes back to may be in any row.
  const isReturn = performance.getEntriesByType("navigation")[0]?.type !== "navigate";
  if (isReturn || location.hash) addAll();
  else window.addEventListener("load", async () => {
    if (!groups) await load();
    setTimeout(addNext);
  });
})();
