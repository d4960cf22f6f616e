/* Counters of characters, for inputs with a limit. A limit is a hint: it never blocks input. */

const LIMITED = ":is(input, textarea):is([data-max], [data-min])";

export function startCounters() {
  for (const name of ["input", "focusin"]) {
    document.addEventListener(name, (event) => {
      if (event.target.matches?.(LIMITED)) updateCounter(event.target);
    });
  }
}

export function enhanceCounters(root) {
  for (const input of root.querySelectorAll(LIMITED)) updateCounter(input);
}

/* A counter appears with the focus, or where the text is too long. */
function updateCounter(input) {
  const { max, min } = input.dataset;
  const { length } = input.value;
  const isTooLong = Boolean(max) && length > Number(max);
  const isTooShort = Boolean(min) && length > 0 && length < Number(min);
  let counter = input.parentElement.querySelector(":scope > .counter");
  if (!counter) {
    if (document.activeElement !== input && !isTooLong) return;
    counter = makeCounter();
    input.after(counter);
  }
  const problem = isTooLong ? ": too long" : isTooShort ? ": too short" : "";
  counter.textContent = `${length} of ${max || `${min}+`}${problem}`;
  counter.classList.toggle("over", isTooLong || isTooShort);
}

function makeCounter() {
  const counter = document.createElement("span");
  counter.className = "counter";
  counter.setAttribute("role", "status");
  return counter;
}
