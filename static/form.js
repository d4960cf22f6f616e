/* What the form gains where scripts run: counters, a search box for long lists, shortcuts for rows, focus
   after a swap, drafts while one types, a warning for what no draft has yet, and a form that stands still while it
   is saved. Without it all of it works. */
(() => {
  "use strict";
  const DRAFT_DELAY = 1000;
  const byId = (id) => document.getElementById(id);
  const theForm = () => document.querySelector("form[data-draft-url]");

  /* Counters: advice, never a limit to typing. */
  function count(input) {
    const { max, min } = input.dataset;
    if (!max && !min) return;
    let counter = input.parentElement.querySelector(":scope > .counter");
    const over = max && input.value.length > Number(max);
    if (!counter) {
      if (document.activeElement !== input && !over) return;
      counter = document.createElement("span");
      counter.className = "counter";
      counter.setAttribute("role", "status");
      input.after(counter);
    }
    const under = min && input.value && input.value.length < Number(min);
    const wanted = max === min ? max : max || `${min}+`;
    const verdict = over ? ": too long for the integration" : under ? ": shorter than the integration takes" : "";
    counter.textContent = `${input.value.length} of ${wanted}${verdict}`;
    counter.classList.toggle("over", Boolean(over || under));
  }

  /* A select with many options gets a text box that searches them; the select stays what is posted. */
  function combobox(select) {
    if (select.closest(".combobox")) return;
    const box = document.createElement("div");
    const input = document.createElement("input");
    const list = document.createElement("ul");
    box.className = "combobox";
    list.className = "combobox-list";
    list.id = `list-${select.id}`;
    list.hidden = true;
    list.setAttribute("role", "listbox");
    input.type = "text";
    input.id = `search-${select.id}`;
    input.autocomplete = "off";
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
    })) input.setAttribute(name, value);
    for (const name of ["aria-describedby", "aria-invalid", "aria-required"]) {
      if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
    }
    const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    if (label) {
      label.htmlFor = input.id;
      list.setAttribute("aria-label", label.textContent);
    }
    const focused = document.activeElement === select || select.autofocus;
    select.before(box);
    box.append(input, list, select);
    select.tabIndex = -1;
    select.setAttribute("aria-hidden", "true");

    let found = [];
    let current = -1;
    const labelOf = (option) => (option.value ? option.text : "");
    const showChosen = () => { input.value = labelOf(select.selectedOptions[0] || { value: "" }); };

    function close() {
      list.hidden = true;
      current = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }
    function mark(index) {
      list.children[current]?.setAttribute("aria-selected", "false");
      current = index;
      const item = list.children[current];
      if (!item || !found.length) return;
      item.setAttribute("aria-selected", "true");
      input.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    }
    function open(all) {
      const typed = all ? "" : input.value.trim().toLowerCase();
      const rank = (option) => {
        const text = option.text.toLowerCase();
        const value = option.value.toLowerCase();
        if (text.startsWith(typed) || value.startsWith(typed)) return 0;
        return text.includes(typed) || value.includes(typed) ? 1 : 2;
      };
      found = [...select.options].filter((option) => (typed ? option.value && rank(option) < 2 : true));
      if (typed) found.sort((one, other) => rank(one) - rank(other));
      list.replaceChildren(...found.map((option, index) => {
        const item = document.createElement("li");
        item.id = `${list.id}-${index}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.textContent = option.text;
        return item;
      }));
      if (!found.length) {
        const none = document.createElement("li");
        none.className = "none";
        none.textContent = "Nothing like that is offered";
        list.append(none);
      }
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      mark(all ? Math.max(found.indexOf(select.selectedOptions[0]), 0) : 0);
    }
    function pick(option) {
      const before = select.value;
      if (option) option.selected = true;
      showChosen();
      close();
      if (select.value !== before) select.dispatchEvent(new Event("change", { bubbles: true }));
    }

    input.addEventListener("input", () => open(false));
    input.addEventListener("click", () => { if (list.hidden) open(true); });
    input.addEventListener("focus", () => input.select());
    input.addEventListener("keydown", (event) => {
      if (event.altKey && event.key !== "ArrowDown") return;
      const last = found.length - 1;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) open(true);
        else mark(event.key === "ArrowDown" ? (current < last ? current + 1 : 0) : (current > 0 ? current - 1 : last));
      } else if (event.key === "PageDown" && !list.hidden) {
        event.preventDefault();
        mark(Math.min(current + 10, last));
      } else if (event.key === "PageUp" && !list.hidden) {
        event.preventDefault();
        mark(Math.max(current - 10, 0));
      } else if (event.key === "Enter" && !list.hidden) {
        event.preventDefault();
        if (found[current]) pick(found[current]);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        showChosen();
        close();
      }
    });
    input.addEventListener("blur", () => {
      const typed = input.value.trim().toLowerCase();
      const exact = [...select.options].find((option) => typed === labelOf(option).toLowerCase() || typed === option.value.toLowerCase());
      pick(exact);
    });
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const index = [...list.children].indexOf(event.target.closest("li"));
      if (found[index]) pick(found[index]);
    });
    showChosen();
    if (focused) input.focus();
  }

  function enhance(root) {
    for (const select of root.querySelectorAll("select[data-combobox]")) combobox(select);
    for (const input of root.querySelectorAll(":is(input, textarea):is([data-max], [data-min])")) count(input);
    const key = root.querySelector(".form-key");
    if (key && root.querySelector(".rows") && !key.querySelector(".shortcuts")) {
      const hint = document.createElement("span");
      hint.className = "shortcuts";
      hint.textContent = "In a row, Alt and: ↑ ↓ move, Enter add, Shift+Enter duplicate, Delete remove";
      key.append(hint);
    }
  }

  /* Focus, and everything between it and the eye unfolded. */
  function focusOn(id) {
    const target = byId(`search-${id}`) || byId(id);
    if (!target) return false;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.focus();
    return true;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-anchor]");
    if (link && focusOn(link.dataset.anchor)) event.preventDefault();
  });

  /* Shortcuts press the row's own buttons. */
  let stay = "";
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const fields = event.target.closest?.(".form-fields");
    const row = event.target.closest?.(".row");
    const rows = event.target.closest?.(".rows");
    if (!fields || !rows) return;
    const tool = (verb) => row?.querySelector(`:scope > .row-tools button[value^="${verb}:"]`);
    const buttons = {
      ArrowUp: () => event.target.tagName !== "SELECT" && tool("up"),
      ArrowDown: () => event.target.tagName !== "SELECT" && event.target.getAttribute("role") !== "combobox" && tool("down"),
      Delete: () => tool("remove"),
      Enter: () => (event.shiftKey ? tool("duplicate") : rows.querySelector(":scope > .add")),
    };
    const button = buttons[event.key]?.();
    if (!button) return;
    event.preventDefault();
    // A row that moves takes the cursor along.
    if (event.key.startsWith("Arrow")) stay = event.target.id.replace(/^search-/, "");
    if (!button.disabled) button.click();
  });

  /* Drafts. `unsaved` is what was typed and no draft holds yet. */
  let unsaved = false;
  let timer = 0;
  let turn = 0;

  function say(text, failed) {
    const status = byId("draft-status");
    if (!status) return;
    status.textContent = text;
    status.classList.toggle("failed", failed);
  }
  function offerSignIn() {
    const link = document.createElement("a");
    link.href = "/accounts/login/";
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = "Sign in (in a new tab)";
    say("You have been signed out. What you typed stays on this page. ", true);
    byId("draft-status")?.append(link);
  }
  function later() {
    unsaved = true;
    clearTimeout(timer);
    timer = setTimeout(keepDraft, DRAFT_DELAY);
  }
  async function keepDraft() {
    const form = theForm();
    if (!form || !unsaved || form.hasAttribute("aria-busy")) return;
    const mine = ++turn;
    unsaved = false;
    let kept = false;
    let status = 0;
    form.dispatchEvent(new Event("draft", { bubbles: true }));
    try {
      const answer = await fetch(form.dataset.draftUrl, {
        method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "error",
      });
      kept = answer.ok;
      status = answer.status;
    } catch {
      kept = false;
    }
    if (!kept) unsaved = true;
    if (mine !== turn) return;
    // In UTC, as every time on these pages.
    if (kept) say(`Draft saved ${new Date().toISOString().slice(11, 16)} UTC`, false);
    else if (status === 401) offerSignIn();
    else say("The draft could not be saved. Keep this page open; it is tried again as you type.", true);
  }
  function touched(event) {
    if (!event.target.closest?.("form[data-draft-url]") || event.target.getAttribute("role") === "combobox") return;
    later();
  }
  document.addEventListener("input", (event) => {
    if (event.target.dataset.max || event.target.dataset.min) count(event.target);
    touched(event);
  });
  document.addEventListener("change", touched);
  document.addEventListener("focusin", (event) => {
    if (event.target.dataset?.max || event.target.dataset?.min) count(event.target);
  });
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
  addEventListener("pagehide", () => {
    const form = theForm();
    if (form && unsaved) navigator.sendBeacon(form.dataset.draftUrl, new URLSearchParams(new FormData(form)));
  });
  // A post that leaves the page takes everything along.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-draft-url]") && !event.defaultPrevented) unsaved = false;
  });

  /* A form that is under way stands still: what was typed or chosen now would be in no post, and gone with the answer. */
  for (const name of ["beforeinput", "keydown", "pointerdown", "mousedown", "click", "paste", "drop"]) {
    document.addEventListener(name, (event) => {
      if (!event.target.closest?.("form[data-draft-url][aria-busy]") || event.target.closest("a[href]")) return;
      const leaves = /^(Tab|Escape|F\d+)$/.test(event.key) || event.ctrlKey || event.metaKey;
      const goesBack = event.altKey && /^Arrow(Left|Right)$/.test(event.key);
      if (name === "keydown" && (leaves || goesBack)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    }, true);
  }
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, requestConfig } = event.detail;
    if (elt !== theForm()) return;
    clearTimeout(timer);
    if (requestConfig.formData.get("action") !== "save") return;
    const save = byId("save");
    save.dataset.label = save.textContent;
    save.textContent = "Saving…";
    say("Saving…", false);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful, xhr } = event.detail;
    const save = byId("save");
    if (elt !== theForm() || (successful && xhr.getResponseHeader("HX-Redirect"))) return;
    if (save?.dataset.label) {
      save.textContent = save.dataset.label;
      delete save.dataset.label;
      say("", false);
    }
    // The form is still there, so no page of ours came: what was typed is in no draft yet.
    if (unsaved || !successful) later();
  });

  /* HTMX. */
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const to = event.detail.xhr.getResponseHeader("HX-Redirect");
    if (to && !to.includes("/login/")) {
      unsaved = false;
      clearTimeout(timer);
    }
  });
  document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
  document.addEventListener("htmx:afterSettle", (event) => {
    const form = theForm();
    if (!form || !(event.detail.elt === form || event.detail.elt.contains?.(form))) return;
    const wanted = stay || form.querySelector("[data-focus-id]")?.dataset.focusId;
    stay = "";
    if (!(wanted && focusOn(wanted))) {
      (form.querySelector("#form-summary") || form.querySelector("#form-conflicts") || form.querySelector("#form-changes"))?.focus();
    }
    // A row that came or went is worth a draft as well.
    if (event.detail.requestConfig?.verb === "post") {
      later();
    }
  });

  enhance(document);
})();
