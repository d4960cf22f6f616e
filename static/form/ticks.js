/* The ticks of a list, which list.js keeps for the tab, end with the batch that was made of them. */

export function startTicks() {
  const key = document.querySelector("form[data-ticks]")?.dataset.ticks;
  if (!key) return;
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (!event.detail.xhr.getResponseHeader("HX-Redirect")) return;
    try {
      sessionStorage.removeItem(`ticked ${key}`);
    } catch {
      // Without storage there are no ticks.
    }
  });
}
