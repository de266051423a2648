/* The bar above the report: contents by chapter, words found in the report, the way back. */
"use strict";
const page = askreport;
const part = (selector) => element.querySelector(selector);

/* -- contents ------------------------------------------------------------------------------------ */

function showContents(open) {
  part("#outline").hidden = !open;
  part(".contents").setAttribute("aria-expanded", String(open));
  if (!open) return;
  const current = part("#outline [aria-current]") || part("#outline a");
  if (current) current.focus();
}

/* Whether there was something to close. */
function close() {
  if (part("#outline").hidden) return false;
  showContents(false);
  part(".contents").focus();
  return true;
}

/* The chapter that is being read ("REPORT-CHAPTER", or ""), in the bar and in the contents. */
function showReading(chapter) {
  let title = "";
  for (const link of element.querySelectorAll("#outline a")) {
    const here = link.getAttribute("href") === `#c-${chapter}`;
    if (here) {
      link.setAttribute("aria-current", "true");
      title = link.textContent;
      part(".here").lang = link.closest("[lang]").lang;
    } else {
      link.removeAttribute("aria-current");
    }
  }
  if (part(".here").textContent !== title) part(".here").textContent = title;
}

/* -- words in the report ------------------------------------------------------------------------- */

let places = [];
let at = -1;
let asked = 0;
let soon = 0;

async function find(text) {
  const mine = asked += 1;
  const found = text.trim() ? await page.report.find(text) : [];
  if (mine !== asked) return; /* other words were typed meanwhile */
  places = found;
  at = -1;
  page.report.highlight(places);
  if (places.length) step(1); else showFound(Boolean(text.trim()));
}

function step(by) {
  if (!places.length) return;
  at = (at + by + places.length) % places.length;
  page.report.reveal(places[at]);
  showFound(true);
}

function showFound(wasAsked) {
  const found = part(".found");
  found.textContent = places.length ? `${at + 1} / ${places.length}` : wasAsked ? found.dataset.nothing : "";
  for (const button of element.querySelectorAll(".step")) button.disabled = !places.length;
}

function onFindKey(event) {
  if (event.key === "Enter") {
    event.preventDefault();
    step(event.shiftKey ? -1 : 1);
  } else if (event.key === "Escape" && event.target.value) {
    event.preventDefault();
    event.target.value = "";
    clearTimeout(soon);
    find("");
  }
}

/* -- listening ----------------------------------------------------------------------------------- */

function onClick(event) {
  const on = (selector) => event.target.closest(selector);
  if (on("#outline a")) {
    event.preventDefault();
    showContents(false);
    page.report.goToChapter(on("#outline a"));
  } else if (on(".contents")) {
    showContents(part("#outline").hidden);
  } else if (on(".close") || on(".back")) {
    page.goBack();
  } else if (on(".step")) {
    step(Number(on(".step").dataset.step));
  }
}

function greet() {
  page.report.follow();
}

element.addEventListener("click", onClick);
element.addEventListener("keydown", (event) => { if (event.target.matches(".find input")) onFindKey(event); });
element.addEventListener("input", (event) => {
  clearTimeout(soon);
  soon = setTimeout(() => find(event.target.value), 120);
});
element.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("click", (event) => {
  if (!part("#outline").hidden && !event.target.closest("#outline, .contents")) showContents(false);
});
watch("value", () => { if (page.isReady()) greet(); });
page.outline = { close, showReading, greet };
