/* The page Settings: theme and density are shown as they are chosen, and this browser's time zone is offered. */
(() => {
  "use strict";
  document.addEventListener("change", (event) => {
    const name = event.target.closest("[data-preview]")?.dataset.preview;
    if (name) document.documentElement.dataset[name] = event.target.value;
  });

  const button = document.getElementById("browser-time-zone");
  const select = document.getElementById("id_time_zone");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const option = [...select.options].find(({ value }) => value === zone);
  const show = () => { button.hidden = !option || select.value === zone; };
  button.append(` (${zone})`);
  button.addEventListener("click", () => {
    select.value = zone;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    select.focus();
  });
  select.addEventListener("change", show);
  show();
})();
