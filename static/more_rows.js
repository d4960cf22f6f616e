/* The rows that a list has beyond its first. With scripts the browser has read them as one text, in a <noscript>; they are
   added in short tasks once the page has loaded. As elements from the start they would block it: 5,000 rows take a browser
   half a second to build, and htmx as long to walk. Before anything is done on the page, all of them are there. */
(() => {
  "use strict";
  const source = document.querySelector("noscript.more-rows");
  if (!source) return;
  const table = source.previousElementSibling;
  const groups = source.textContent.match(/<tbody>[^]*?<\/tbody>/g);

  function add(number) {
    table.insertAdjacentHTML("beforeend", groups.splice(0, number).join(""));
    if (groups.length) return;
    for (const type of ACTIONS) window.removeEventListener(type, addAll, true);
    // After the click that may have been waiting for them: its own checkbox is not to be set meanwhile.
    setTimeout(() => document.dispatchEvent(new Event("rows-added")));
  }
  const addAll = () => add(groups.length);
  function addNext() {
    // Another search may have taken the place of these rows.
    if (!groups.length || !table.isConnected) return;
    add(1);
    setTimeout(addNext);
  }

  const ACTIONS = ["keydown", "click", "beforeprint"];
  for (const type of ACTIONS) window.addEventListener(type, addAll, true);
  // A place in the list that one comes back to may be in any row.
  const isReturn = performance.getEntriesByType("navigation")[0]?.type !== "navigate";
  if (isReturn || location.hash) addAll();
  else window.addEventListener("load", () => setTimeout(addNext));
})();
