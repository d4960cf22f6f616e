/* A text box that searches the options of a long <select> (WAI-ARIA combobox pattern). The select's value is posted. */

const PAGE = 10;
const COPIED_ATTRIBUTES = ["aria-describedby", "aria-invalid", "aria-required"];

export function enhanceComboboxes(root) {
  for (const select of root.querySelectorAll("select[data-combobox]")) {
    if (!select.closest(".combobox")) new Combobox(select);
  }
}

/* The id of a select's text box. */
export const searchId = (id) => `search-${id}`;

/* An option's text in the box; the blank option has none. */
const textOf = (option) => (option?.value ? option.text : "");

class Combobox {
  constructor(select) {
    this.select = select;
    this.options = []; // the options in the list now
    this.current = -1; // the index of the marked one
    this.list = this.makeList();
    this.input = this.makeInput();
    this.takeLabel();
    this.place();
    this.listen();
    this.showSelected();
  }

  // -- building -------------------------------------------------------------------------------------

  makeList() {
    const list = document.createElement("ul");
    list.id = `list-${this.select.id}`;
    list.className = "combobox-list";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    return list;
  }

  makeInput() {
    const input = document.createElement("input");
    input.type = "text";
    input.id = searchId(this.select.id);
    input.autocomplete = "off";
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", this.list.id);
    for (const name of COPIED_ATTRIBUTES) {
      if (this.select.hasAttribute(name)) input.setAttribute(name, this.select.getAttribute(name));
    }
    return input;
  }

  takeLabel() {
    const label = document.querySelector(`label[for="${CSS.escape(this.select.id)}"]`);
    if (!label) return;
    label.htmlFor = this.input.id;
    this.list.setAttribute("aria-label", label.textContent);
  }

  place() {
    const { select } = this;
    const hadFocus = document.activeElement === select || select.autofocus;
    const box = document.createElement("div");
    box.className = "combobox";
    select.before(box);
    box.append(this.input, this.list, select);
    select.tabIndex = -1;
    select.setAttribute("aria-hidden", "true");
    if (hadFocus) this.input.focus();
  }

  listen() {
    const { input, list } = this;
    input.addEventListener("input", () => this.open(input.value.trim().toLowerCase()));
    input.addEventListener("click", () => { if (list.hidden) this.open(""); });
    input.addEventListener("focus", () => input.select());
    input.addEventListener("keydown", (event) => this.onKey(event));
    input.addEventListener("blur", () => this.leave());
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = this.options[[...list.children].indexOf(event.target.closest("li"))];
      if (option) this.pick(option);
    });
  }

  // -- the list -------------------------------------------------------------------------------------

  /* Opens the list with what matches the query; "" for all options. */
  open(query) {
    const { list, select } = this;
    this.options = query ? this.matches(query) : [...select.options];
    list.replaceChildren(...this.options.map((option, index) => this.makeItem(option, index)));
    if (!this.options.length) list.append(makeNoMatches());
    list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(query ? 0 : Math.max(this.options.indexOf(select.selectedOptions[0]), 0));
  }

  /* Options that begin with the query come before those that contain it. */
  matches(query) {
    const options = [...this.select.options].filter((option) => option.value);
    const texts = (option) => [option.text.toLowerCase(), option.value.toLowerCase()];
    const begins = (option) => texts(option).some((text) => text.startsWith(query));
    const contains = (option) => texts(option).some((text) => text.includes(query));
    return [...options.filter(begins), ...options.filter((option) => !begins(option) && contains(option))];
  }

  makeItem(option, index) {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${index}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.textContent = option.text;
    return item;
  }

  close() {
    this.list.hidden = true;
    this.current = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  mark(index) {
    this.list.children[this.current]?.setAttribute("aria-selected", "false");
    this.current = index;
    const item = this.list.children[index];
    if (!item || !this.options.length) return;
    item.setAttribute("aria-selected", "true");
    this.input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  // -- selecting ------------------------------------------------------------------------------------

  showSelected() {
    this.input.value = textOf(this.select.selectedOptions[0]);
  }

  /* Leaving the box selects an option only if another text was typed, and if that is the text of one option alone. */
  leave() {
    const text = this.input.value.trim().toLowerCase();
    const selected = this.select.selectedOptions[0];
    if (text === textOf(selected).trim().toLowerCase()) {
      this.pick();
      return;
    }
    const matches = [...this.select.options].filter((option) =>
      [textOf(option), option.value].some((other) => other.trim().toLowerCase() === text));
    this.pick(matches.length === 1 ? matches[0] : undefined);
  }

  /* Selects an option; without one the box shows again what is selected. */
  pick(option) {
    const before = this.select.selectedOptions[0];
    if (option) option.selected = true;
    this.showSelected();
    this.close();
    if (this.select.selectedOptions[0] !== before) this.select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  onKey(event) {
    // The Enter that ends a composition (IME) selects nothing; Safari sends it afterwards, with this code.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.altKey && event.key !== "ArrowDown") return;
    const isOpening = this.list.hidden && ["ArrowDown", "ArrowUp"].includes(event.key);
    const action = isOpening ? () => this.open("") : this.list.hidden ? null : this.openListKeys()[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  /* What the keys do while the list is open. */
  openListKeys() {
    const { current } = this;
    const last = this.options.length - 1;
    return {
      ArrowDown: () => this.mark(current < last ? current + 1 : 0),
      ArrowUp: () => this.mark(current > 0 ? current - 1 : last),
      PageDown: () => this.mark(Math.min(current + PAGE, last)),
      PageUp: () => this.mark(Math.max(current - PAGE, 0)),
      Enter: () => { if (this.options[current]) this.pick(this.options[current]); },
      Escape: () => { this.showSelected(); this.close(); },
    };
  }
}

function makeNoMatches() {
  const item = document.createElement("li");
  item.className = "none";
  item.textContent = "No matches";
  return item;
}
