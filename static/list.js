/* The list of customers: rows that are ticked, also on other pages of this tab; keys that move over the rows; a choice of
   an order that needs no button. One listener each for the whole page: a list may have 5,000 rows. */
(() => {
  "use strict";
  const form = () => document.getElementById("selection");
  const table = () => document.getElementById("customers");

  // -- ticked rows --------------------------------------------------------------------------------

  const storageKey = () => `ticked ${form()?.dataset.company}`;
  function stored() {
    try {
      const ids = JSON.parse(sessionStorage.getItem(storageKey()) || "[]");
      return new Set(Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : []);
    } catch {
      return new Set();
    }
  }
  function store(ids) {
    try {
      sessionStorage.setItem(storageKey(), JSON.stringify([...ids]));
    } catch {
      // Without storage the ticks of this page remain.
    }
  }

  const boxes = () => table().querySelectorAll('tbody input[name="id"]');
  let ticked = new Set();

  function show() {
    const root = form();
    if (!root) return;
    const onPage = table().querySelectorAll('tbody input[name="id"]:checked').length;
    const elsewhere = ticked.size - onPage;
    root.classList.toggle("ticked", ticked.size > 0);
    root.querySelector(".selected-count").textContent = `${ticked.size} selected${elsewhere > 0 ? `, ${elsewhere} on other pages` : ""}`;
    for (const button of root.querySelectorAll("[data-least]")) {
      button.disabled = ticked.size < Number(button.dataset.least) || ticked.size > Number(button.dataset.most);
    }
    const hint = root.querySelector(".hint");
    if (hint) hint.hidden = !root.querySelector("[data-least]:disabled");
    const all = document.getElementById("tick-page");
    if (all) {
      const number = boxes().length;
      all.checked = number > 0 && onPage === number;
      all.indeterminate = onPage > 0 && onPage < number;
    }
  }

  // A page that was just loaded, or swapped in: tick what this tab has ticked before.
  function restore() {
    if (!form()) return;
    ticked = stored();
    if (ticked.size) for (const box of boxes()) box.checked = ticked.has(box.value);
    show();
  }

  function tick(box) {
    if (box.checked) ticked.add(box.value);
    else ticked.delete(box.value);
  }

  document.addEventListener("change", (event) => {
    const { target } = event;
    if (target.matches("select[data-submit]")) {
      target.form.requestSubmit();
      return;
    }
    if (!target.closest?.("#customers")) return;
    if (target.id === "tick-page") {
      for (const box of boxes()) {
        box.checked = target.checked;
        tick(box);
      }
    } else if (target.name === "id") tick(target);
    store(ticked);
    show();
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-clear]")) return;
    ticked.clear();
    store(ticked);
    for (const box of boxes()) box.checked = false;
    show();
    table().querySelector("tbody a")?.focus({ preventScroll: true });
  });

  // Rows that are ticked on other pages go along.
  document.addEventListener("formdata", (event) => {
    if (event.target !== form()) return;
    const here = new Set(event.formData.getAll("id"));
    for (const id of ticked) if (!here.has(id)) event.formData.append("id", id);
  });

  // -- keys: shortcuts.js presses these buttons ------------------------------------------------------

  const currentRow = () => document.activeElement?.closest?.("#customers tbody tr");
  const lastRow = () => [...table().querySelectorAll("tbody")].at(-1)?.lastElementChild;
  function neighbour(row, step) {
    const forward = step > 0;
    const next = forward ? row.nextElementSibling : row.previousElementSibling;
    if (next) return next;
    const group = forward ? row.parentElement.nextElementSibling : row.parentElement.previousElementSibling;
    return forward ? group?.firstElementChild : group?.matches("tbody") ? group.lastElementChild : null;
  }
  document.addEventListener("click", (event) => {
    const key = event.target.closest?.("#selection .keys button");
    if (!key) return;
    const row = currentRow();
    if ("tick" in key.dataset) {
      row?.querySelector('input[name="id"]')?.click();
      return;
    }
    const step = Number(key.dataset.move);
    const next = row ? neighbour(row, step) : step > 0 ? table().querySelector("tbody tr") : lastRow();
    const link = next?.querySelector(".c-name a");
    link?.focus();
    next?.scrollIntoView({ block: "nearest" });
  });

  document.addEventListener("htmx:afterSwap", restore);
  window.addEventListener("pageshow", restore);
  restore();
})();
