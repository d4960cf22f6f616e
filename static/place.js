/* A list of records. Back on it, by a link or by the browser: the scroll position is the one it was left at, and the focus is on the row
   that one comes from. Without scripts the anchor of the row does the second. */
(() => {
  "use strict";
  const KEY = "place";
  const ROWS = "a[id^=at-], a[id^=change-]";
  // Pixels at the top that the table's head covers.
  const HEAD = 64;
  const here = () => location.pathname + location.search;

  // Recorded on the way out, when the address is the one that the list has by then.
  document.addEventListener("click", (event) => {
    const row = event.target.closest?.(ROWS);
    if (!row) return;
    write({ list: here(), id: row.id, path: row.pathname, top: scrollY });
  });

  // A link above the list, as the search and the filters are now; links in the list are written with it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-list]");
    if (!link) return;
    const url = new URL(link.href);
    url.searchParams.set("list", location.search.slice(1));
    link.href = url.href;
  }, true);

  function write(place) {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(place));
    } catch {
      // Without storage the anchor remains.
    }
  }

  function read() {
    try {
      const place = JSON.parse(sessionStorage.getItem(KEY));
      return place?.list === here() ? place : null;
    } catch {
      return null;
    }
  }

  /* The row of an anchor. After a save the customer may stand in another row than before. */
  function rowOf(id, place) {
    const isSame = place && place.id === id;
    const same = isSame && [...document.querySelectorAll(ROWS)].find((row) => row.pathname === place.path);
    return same || document.getElementById(id);
  }

  /* `event` where the row had to be waited for: until then the page was too short to be scrolled to it. */
  function restore(event) {
    const anchor = location.hash.slice(1);
    const isLink = /^(at|change)-/.test(anchor);
    const isBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
    const place = read();
    if (!isLink && !(isBack && place)) return;
    const row = rowOf(isLink ? anchor : place.id, place);
    if (!row && document.querySelector(".more-rows[data-version]")) {
      document.addEventListener("rows-added", restore, { once: true });
      return;
    }
    // The anchor is used up: a reload begins where the reader is then.
    if (isLink) history.replaceState(history.state, "", here());
    if (!row) return;
    if ((isLink || event) && place) scrollTo({ top: place.top, behavior: "instant" });
    const { top, bottom } = row.getBoundingClientRect();
    if (isLink && (top < HEAD || bottom > innerHeight)) row.scrollIntoView({ block: "center", behavior: "instant" });
    row.focus({ preventScroll: true });
  }

  restore();
})();
