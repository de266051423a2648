/* The conversation: citations lead into the report, answers are announced, buttons tell Gradio.
 *
 * A link #s-REPORT-START-END names a slice of a report in Unicode code points; #c-REPORT-CHAPTER a
 * chapter. The report looks them up in itself alone, so that nothing an answer contains can stand in
 * for a source.
 */
"use strict";
const page = askreport;
const region = element.closest("#conversation");
const SENTENCES = /^[^]*(?:[。！？!?](?:[ ]*\[\d+\])*|\n)/; /* up to the end of the last whole one */

/* -- citations ---------------------------------------------------------------------------------- */

function placeOf(link) {
  const match = /^#s-(\d+)-(\d+)-(\d+)$/.exec(link.getAttribute("href") || "");
  return match && { report: match[1], start: Number(match[2]), end: Number(match[3]) };
}

/* The entry in the list of sources that a marker, or the entry itself, stands for. */
function sourceOf(link) {
  const exchange = link.closest(".exchange");
  return exchange.querySelector(`a.source[data-number="${link.dataset.number}"]`);
}

const quoteOf = (source) => source.querySelector("q").textContent;

function sourcesOf(exchange) {
  return [...exchange.querySelectorAll("a.source")].map((source) => ({
    place: placeOf(source),
    quote: quoteOf(source),
    hue: source.dataset.hue,
    number: source.dataset.number,
  }));
}

let inView = null;

/* The answer that is being read: the last one whose question is in the upper part of the view. */
function exchangeInView() {
  const chat = region.getBoundingClientRect();
  const all = [...element.querySelectorAll(".exchange[data-state=done]")];
  const line = chat.top + chat.height * 0.4;
  return all.filter((one) => one.getBoundingClientRect().top < line).pop() || all[0] || null;
}

function follow(exchange = exchangeInView()) {
  if (exchange === inView) return;
  inView = exchange;
  page.report.cite(exchange ? sourcesOf(exchange) : []);
}

function goTo(link) {
  page.openSheet(link);
  inView = exchangeInView(); /* the marks stay until another answer comes into view */
  page.report.cite(sourcesOf(link.closest(".exchange")));
  const near = link.classList.contains("near");
  page.report.show(placeOf(link), near ? null : quoteOf(sourceOf(link)));
}

/* -- the note at a citation ---------------------------------------------------------------------- */

function tip() {
  const known = page.byId("citation-tip");
  if (known) return known;
  const note = document.createElement("div");
  note.id = "citation-tip";
  note.setAttribute("role", "tooltip");
  note.hidden = true;
  document.querySelector(".gradio-container main").append(note);
  return note;
}

function showTip(link) {
  const note = tip();
  const parts = sourceOf(link).querySelectorAll(".place, q");
  note.replaceChildren(...[...parts].map((part) => part.cloneNode(true)));
  note.hidden = false;
  link.setAttribute("aria-describedby", note.id);
  const anchor = link.getBoundingClientRect();
  const box = note.getBoundingClientRect();
  const left = Math.min(Math.max(8, anchor.left - 24), innerWidth - box.width - 8);
  const below = anchor.bottom + 8;
  note.style.left = `${left}px`;
  note.style.top = `${below + box.height < innerHeight ? below : anchor.top - box.height - 8}px`;
}

/* Whether there was one to hide. */
function hideTip() {
  const shown = !tip().hidden;
  tip().hidden = true;
  for (const link of element.querySelectorAll("a.cite[aria-describedby]")) {
    link.removeAttribute("aria-describedby");
  }
  return shown;
}

/* -- answers as they come ------------------------------------------------------------------------ */

let count = 0;
let told = ""; /* what was announced of the newest answer */

function textOf(exchange) {
  const said = [".answer", ".problem", ".notice"].map((part) => exchange.querySelector(part));
  const found = said.find(Boolean);
  if (!found) return "";
  const copy = found.cloneNode(true);
  for (const cite of copy.querySelectorAll("a.cite")) cite.textContent = `[${cite.dataset.number}]`;
  return [...(copy.children.length ? copy.children : [copy])]
    .map((line) => line.textContent.trim())
    .join("\n");
}

/* Announce whole sentences as they come, each once; an answer that was replaced is told anew. */
function tell(exchange, isDone) {
  const text = textOf(exchange);
  const whole = isDone ? text : (SENTENCES.exec(text) || [""])[0];
  const goesOn = whole.startsWith(told);
  if (!goesOn && !isDone) return;
  const news = (goesOn ? whole.slice(told.length) : whole).trim();
  if (news) page.announce(news, !goesOn || !told);
  told = whole;
}

function onChange() {
  page.nameRegion(region, element.querySelector("h2").textContent);
  const exchanges = element.querySelectorAll(".exchange");
  const last = exchanges[exchanges.length - 1];
  const isNew = exchanges.length !== count;
  count = exchanges.length;
  if (!last) {
    page.report.forget();
    follow(null);
    return;
  }
  if (isNew) {
    told = "";
    page.report.forget();
    page.forgetWay();
    page.bringIntoView(last, "start");
  }
  const isDone = last.dataset.state === "done";
  tell(last, isDone);
  if (isDone) {
    inView = null;
    follow(last);
  }
}

/* -- what a reader wants ------------------------------------------------------------------------- */

function act(button) {
  const { do: what, form } = button.dataset;
  const all = element.querySelectorAll(".exchange");
  const at = Number(button.closest(".exchange").dataset.at) - all.length; /* the last is -1 */
  trigger(what, { at, form, question: button.textContent });
  if (what === "edit") page.byId("question").querySelector("textarea").focus();
}

function copyAnswer(button) {
  const exchange = button.closest(".exchange");
  const sources = [...exchange.querySelectorAll("a.source")].map((source) => {
    const [number, place, quote] = source.children;
    return `[${number.textContent}] ${place.textContent}  ${quote.textContent}`;
  });
  const lines = [textOf(exchange), ...(sources.length ? ["", ...sources] : [])];
  page.copyWith(button, lines.join("\n"));
}

function onClick(event) {
  const at = (selector) => event.target.closest(selector);
  const link = at("a");
  if (link && placeOf(link)) {
    event.preventDefault();
    goTo(link);
  } else if (link && link.matches(".chapters a")) {
    event.preventDefault();
    page.report.goToChapter(link);
  } else if (link && link.matches(".permalink")) {
    event.preventDefault();
    page.copyWith(link, link.href.split("#")[0]);
  } else if (at(".act")) {
    act(at(".act"));
  } else if (at(".copy")) {
    copyAnswer(at(".copy"));
  }
}

/* A question in the page's address is asked once, by itself. */
function askAddress() {
  const address = new URL(location.href);
  const question = (address.searchParams.get("q") || "").trim();
  if (!question) return;
  address.searchParams.delete("q");
  history.replaceState(history.state, "", address);
  trigger("option_select", { question, alone: true });
}

/* Put words into the question box, for a reader to go on. */
function draft(text) {
  const box = page.byId("question").querySelector("textarea");
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
  box.setSelectionRange(text.length, text.length);
}

function greet() {
  const exchanges = element.querySelectorAll(".exchange");
  count = exchanges.length; /* an old conversation is not read out */
  page.nameRegion(region, element.querySelector("h2").textContent);
  if (count) page.bringIntoView(exchanges[count - 1], "start");
  follow();
  askAddress();
}

const onCite = (what) => (event) => {
  const link = event.target.closest("a.cite");
  if (link) what(link);
};
element.addEventListener("click", onClick);
element.addEventListener("mouseover", onCite(showTip));
element.addEventListener("mouseout", onCite(hideTip));
element.addEventListener("focusin", onCite(showTip));
element.addEventListener("focusout", onCite(hideTip));
region.addEventListener("scroll", () => {
  hideTip();
  if (page.isReady()) follow();
});
watch("value", () => { if (page.isReady()) onChange(); });
page.conversation = { hideTip, draft, greet };
