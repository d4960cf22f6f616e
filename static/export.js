/* The page of an export: while the browser downloads the file, the page says how far it is. */
(() => {
  "use strict";
  const form = document.getElementById("form");
  const button = document.getElementById("start-export");
  if (!form) return;

  // Each export has an ID of its own. `crypto.randomUUID` needs HTTPS, these bytes do not.
  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  form.addEventListener("submit", () => {
    const input = form.elements.namedItem("submission");
    form.dataset.progress = form.dataset.progress.replace(input.value, (input.value = newId()));
    // After the browser has read the form.
    setTimeout(() => {
      button.disabled = true;
      // Its successors ask again each second, and so does this one where a request fails.
      const asking = document.createElement("div");
      const attributes = { "hx-get": form.dataset.progress, "hx-trigger": "every 1s, load", "hx-target": "this", "hx-swap": "outerHTML" };
      for (const [name, value] of Object.entries(attributes)) asking.setAttribute(name, value);
      document.getElementById("export-progress").replaceChildren(asking);
      htmx.process(asking);
    });
  });

  const enable = () => { button.disabled = false; };
  document.addEventListener("htmx:afterSettle", () => {
    if (document.querySelector("#exported[data-ended]")) enable();
  });
  window.addEventListener("pageshow", enable);
})();
