/* The page of results: the buttons of a company say how many of its customers are ticked; a file is asked for once. */
(() => {
  "use strict";
  // Milliseconds in which a form asks for its file once: the page stays, and no script sees when the file begins.
  const ONCE_IN = 3_000;
  const asked = new WeakSet();
  function show() {
    for (const button of document.querySelectorAll("button[data-ticked]")) {
      const ticked = [...button.form.elements].filter((box) => box.name === "id" && box.checked).length;
      const verb = button.textContent.trim().split(" ")[0];
      button.textContent = ticked ? `${verb} ${ticked} ticked` : `${verb} ticked`;
      button.disabled = ticked === 0;
    }
    const link = document.querySelector(".ticked-link");
    if (!link) return;
    const all = document.querySelectorAll(".found input[name=id]:checked").length;
    link.hidden = all === 0;
    link.textContent = `${all} ticked: edit or export`;
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches?.(".found input[name=id]")) show();
  });
  document.addEventListener("submit", (event) => {
    const { target: form } = event;
    if (!form.matches("[data-file]")) return;
    if (asked.has(form)) event.preventDefault();
    else setTimeout(() => asked.delete(form), ONCE_IN);
    asked.add(form);
  });
  document.addEventListener("htmx:afterSwap", show);
  window.addEventListener("pageshow", show);
  show();
})();
