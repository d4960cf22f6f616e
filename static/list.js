/* The list of customers: rows that are ticked, also on other pages of this tab; keys that move over the rows; a choice of
   an order that needs no button. One listener each for the whole page: a list may have 5,000 rows. */
(() => {
  "use strict";
  const form = () => document.getElementById("selection");
  const table = () => document.getElementById("customers");

  // -- ticked rows: of this page and of others, or all that the list has ------------------------------

  const storageKey = () => `ticked ${form()?.dataset.list}`;
  function stored() {
    try {
      const { ids, all } = JSON.parse(sessionStorage.getItem(storageKey()) || "{}");
      return { ids: new Set(Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : []), all };
    } catch {
      // Without storage the ticks of this page remain.
      return { ids: ticked, all: isAll ? ofAll()?.href : undefined };
    }
  }
  function store() {
    try {
      sessionStorage.setItem(storageKey(), JSON.stringify({ ids: [...ticked], all: isAll ? ofAll().href : undefined }));
    } catch {
      // There is none, or it is full.
    }
  }

  const boxes = () => [...table().querySelectorAll('tbody input[name="id"]')];
  // Its address is the same on every page of a list.
  const ofAll = () => form().querySelector(".of-all");
  let ticked = new Set();
  let isAll = false;
  let last = null; // the box that was clicked last: Shift takes all from it on

  function show() {
    const root = form();
    if (!root) return;
    const onPage = table().querySelectorAll('tbody input[name="id"]:checked').length;
    const elsewhere = ticked.size - onPage;
    const total = root.querySelector("[data-select-all]");
    root.classList.toggle("ticked", isAll || ticked.size > 0);
    root.classList.toggle("all", isAll);
    const number = isAll ? total?.dataset.selectAll : ticked.size.toLocaleString(document.documentElement.dataset.locale);
    root.querySelector(".selected-count").textContent =
      `${isAll ? "All " : ""}${number} selected${!isAll && elsewhere > 0 ? `, ${elsewhere} on other pages` : ""}`;
    for (const onButton of root.querySelectorAll("[data-number]")) onButton.textContent = number;
    for (const button of root.querySelectorAll("[data-least]")) {
      button.disabled = isAll || ticked.size < Number(button.dataset.least) || ticked.size > Number(button.dataset.most);
    }
    root.querySelector(".hint").hidden = !root.querySelector("[data-compare]:disabled");
    const onPageBoxes = boxes().length;
    if (total) total.hidden = isAll || onPage < onPageBoxes || total.dataset.selectAll === number;
    const all = document.getElementById("tick-page");
    if (all) {
      all.checked = onPageBoxes > 0 && onPage === onPageBoxes;
      all.indeterminate = onPage > 0 && onPage < onPageBoxes;
    }
  }

  // A page that was just loaded, or swapped in: tick what this tab has ticked before.
  function restore() {
    if (!form()) return;
    const { ids, all } = stored();
    ticked = ids;
    isAll = Boolean(all) && all === ofAll()?.href;
    last = null;
    for (const box of boxes()) box.checked = isAll || ticked.has(box.value);
    show();
  }

  // What was ticked before this script ran counts as well.
  function begin() {
    const isPage = document.getElementById("tick-page")?.checked;
    const early = form() ? boxes().filter((box) => isPage || box.checked) : [];
    restore();
    if (isAll || !early.length) return;
    for (const box of early) {
      box.checked = true;
      tick(box);
    }
    store();
    show();
  }

  function tick(box) {
    if (isAll) leaveAll();
    if (box.checked) ticked.add(box.value);
    else ticked.delete(box.value);
  }

  // A row less than all: the others of this page stay.
  function leaveAll() {
    isAll = false;
    ticked = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
  }

  const tickOf = (event) => event.target.closest?.('#customers tbody input[name="id"]');
  document.addEventListener("mousedown", (event) => {
    // Shift would select the text between.
    if (event.shiftKey && tickOf(event)) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const box = tickOf(event);
    if (!box) return;
    if (event.shiftKey && last?.isConnected) {
      const all = boxes();
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other);
      for (const between of all.slice(from, to + 1)) {
        between.checked = box.checked;
        tick(between);
      }
    }
    last = box;
  });

  document.addEventListener("change", (event) => {
    const { target } = event;
    if (target.matches("select[data-submit]")) {
      target.form.requestSubmit();
      return;
    }
    if (!target.closest?.("#customers")) return;
    if (target.id === "tick-page") {
      for (const box of boxes()) box.checked = target.checked;
      for (const box of boxes()) tick(box);
    } else if (target.name === "id") tick(target);
    store();
    show();
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#selection [data-select-all]")) return;
    isAll = true;
    store();
    show();
    ofAll().focus();
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-clear]")) return;
    ticked.clear();
    isAll = false;
    store();
    for (const box of boxes()) box.checked = false;
    show();
    table().querySelector("tbody a")?.focus({ preventScroll: true });
  });

  // Rows that are ticked on other pages go along; to a batch or an export as one field, because they may be many.
  document.addEventListener("formdata", (event) => {
    if (event.target !== form()) return;
    const { formData } = event;
    const isPost = formData.has("csrfmiddlewaretoken");
    const here = new Set(formData.getAll("id"));
    if (isPost) {
      formData.delete("id");
      formData.set("ids", JSON.stringify([...ticked]));
      return;
    }
    for (const id of ticked) if (!here.has(id)) formData.append("id", id);
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

  for (const type of ["htmx:afterSwap", "rows-added"]) document.addEventListener(type, restore);
  window.addEventListener("pageshow", restore);
  begin();
})();
