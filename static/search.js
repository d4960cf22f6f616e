/* The page of results: the buttons of a company say how many of its customers are ticked. */
(() => {
  "use strict";
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
  document.addEventListener("htmx:afterSwap", show);
  window.addEventListener("pageshow", show);
  show();
})();
