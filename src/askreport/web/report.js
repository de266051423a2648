/* The report: leaves that come when they are looked at, marked sentences, places to go to.
 *
 * Places are in Unicode code points of a report's text. #p-REPORT-KEY in the page's address names a
 * paragraph by its words and outlives a rebuilt index. Nothing outside the report panel is a place.
 */
"use strict";
const page = askreport;
const region = element.closest("#report");
const all = (selector) => [...element.querySelectorAll(selector)];

/* -- leaves: what is looked at is loaded --------------------------------------------------------- */

const loading = new Map();

const numberOf = (part) => Number(part.closest("[data-report]").dataset.report);

function leavesOf({ report, start, end }) {
  return all(`[data-report="${report}"] .leaf`).filter(
    (leaf) => Number(leaf.dataset.from) < end && Number(leaf.dataset.to) > start
  );
}

function load(leaf) {
  if (!leaf || leaf.dataset.later === undefined) return Promise.resolve();
  if (!loading.has(leaf)) loading.set(leaf, fetchLeaf(leaf).finally(() => loading.delete(leaf)));
  return loading.get(leaf);
}

async function fetchLeaf(leaf) {
  const digest = leaf.closest("[data-report]").dataset.digest;
  const html = await server.leaf({ report: numberOf(leaf), digest, leaf: Number(leaf.dataset.later) });
  if (html === null) return startAnew();
  leaf.innerHTML = html;
  delete leaf.dataset.later;
  later.unobserve(leaf);
  citeAgain();
  paint();
  return undefined;
}

/* The reports were replaced since this page was opened. The conversation comes back by itself. */
function startAnew() {
  location.reload();
  return new Promise(() => {});
}

const later = new IntersectionObserver(
  (seen) => seen.filter((one) => one.isIntersecting).forEach((one) => load(one.target)),
  { root: region, rootMargin: "150% 0px" }
);

function observe() {
  later.disconnect();
  for (const leaf of all(".leaf[data-later]")) later.observe(leaf);
}

/* Leaves and those beside them, so that nothing moves once the reader is there. */
function loadAround(leaves) {
  const beside = leaves.flatMap((leaf) => [leaf.previousElementSibling, leaf, leaf.nextElementSibling]);
  return Promise.all([...new Set(beside)].filter((one) => one && one.matches(".leaf")).map(load));
}

/* -- marking a slice ----------------------------------------------------------------------------- */

/* A mark that has the focus may lie inside, and what is moved loses it. */
function unwrap(marks) {
  const focused = document.activeElement;
  for (const one of marks) {
    const parent = one.parentNode;
    one.replaceWith(...one.childNodes);
    parent.normalize();
  }
  if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

function unmark(kind) {
  unwrap(all(`mark.${kind}`));
}

/* UTF-16 index of the code point `count` of `text`; its length where the text is shorter. */
function indexOfCodePoint(text, count) {
  let index = 0;
  for (; count > 0 && index < text.length; count -= 1) {
    index += text.codePointAt(index) > 0xffff ? 2 : 1;
  }
  return index;
}

/* The text nodes that hold [start, end) of a block, each with the part of it: [node, from, to]. */
function textIn(block, start, end) {
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  const parts = [];
  let position = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const length = [...node.data].length;
    const from = Math.max(start - position, 0);
    const to = Math.min(end - position, length);
    position += length;
    if (from < to) parts.push([node, indexOfCodePoint(node.data, from), indexOfCodePoint(node.data, to)]);
  }
  return parts;
}

function markInBlock(block, start, end, kind) {
  return textIn(block, start, end).map(([node, from, to]) => {
    const inner = node.splitText(from);
    inner.splitText(to - from);
    const mark = document.createElement("mark");
    mark.className = kind;
    inner.replaceWith(mark);
    mark.append(inner);
    return mark;
  });
}

const withoutSpace = (text) => text.replace(/\s+/g, "");

/* Mark a place whose leaves are loaded. The report may have been replaced since the answer was made;
   where it does not hold the quote nothing is marked, since a wrong mark is worse than none. */
function mark({ report, start, end }, kind, quote) {
  const marks = leavesOf({ report, start, end }).flatMap((leaf) =>
    [...leaf.querySelectorAll(".block")].flatMap((block) => {
      const from = Number(block.dataset.start);
      if (from >= end || Number(block.dataset.end) <= start) return [];
      return markInBlock(block, start - from, end - from, kind);
    })
  );
  const found = marks.map((one) => one.textContent).join("");
  if (quote === null || withoutSpace(found) === withoutSpace(quote)) return marks;
  unwrap(marks);
  return [];
}

/* -- the citations of the answer in view --------------------------------------------------------- */

let cited = []; /* sources: place, quote, hue, number; `shown` once marked */

function cite(sources) {
  unmark("cited");
  cited = sources;
  citeAgain();
}

function citeAgain() {
  for (const source of cited) {
    if (source.shown || leavesOf(source.place).some((leaf) => leaf.dataset.later !== undefined)) continue;
    source.shown = true;
    mark(source.place, "cited", source.quote).forEach((one, part) => {
      one.dataset.hue = source.hue;
      if (part === 0) one.dataset.number = source.number;
    });
  }
}

/* -- going there --------------------------------------------------------------------------------- */

let going = 0;

/* Load, then do what is to be done there, unless the reader went elsewhere meanwhile. */
async function go(leaves, act) {
  const mine = going += 1;
  await loadAround(leaves);
  if (mine === going) act();
}

/* Light a place up and go there; with a `quote` only if the report holds it there. */
function show(place, quote) {
  unmark("here");
  return go(leavesOf(place), () => {
    unmark("here");
    const marks = mark(place, "here", quote);
    if (!marks.length) return;
    page.noteStep(addressOf(marks[0].closest(".block")));
    page.arriveAt(marks[0], "center");
  });
}

function forget() {
  unmark("here");
}

function goToChapter(link) {
  const [, kind, report, chapter] = /^#([cr])-(\d+)(?:-(\d+))?$/.exec(link.getAttribute("href"));
  const article = element.querySelector(`[data-report="${report}"]`);
  if (!article) return;
  const leaf = kind === "c" ? article.querySelector(`.leaf[data-chapters~="${chapter}"]`) : article.firstElementChild;
  go([leaf].filter(Boolean), () => {
    const start = kind === "c" ? article.querySelector(`[data-chapter="${report}-${chapter}"]`) : article;
    if (!start) return;
    if (link.closest("#conversation")) page.openSheet(link);
    page.arriveAt(start, "start");
  });
}

const addressOf = (block) => `#p-${numberOf(block)}-${block.dataset.key}`;

/* The paragraph that the page's address names, if the reports still have it. */
async function goToAddress() {
  const match = /^#p-(\d+)-([0-9a-f]+(?:-\d+)?)$/.exec(location.hash);
  if (!match) return;
  const found = await server.leaf_of({ report: Number(match[1]), key: match[2] });
  if (!found) return;
  const leaf = all(`[data-report="${found[0]}"] .leaf`)[found[1]];
  await go([leaf], () => {
    const block = leaf.querySelector(`[data-key="${match[2]}"]`);
    if (!block) return;
    page.openSheet(page.byId("open-report"));
    unmark("here");
    markInBlock(block, 0, Infinity, "here");
    page.arriveAt(block, "center");
  });
}

/* -- the chapter that is being read -------------------------------------------------------------- */

/* Only the leaf that lies at the line is measured inside, because to measure inside a leaf out of
   view makes the browser lay it out. */
function chapterAt(line) {
  const leaves = all(".leaf");
  let here = -1;
  for (let low = 0, high = leaves.length; low < high;) {
    const middle = (low + high) >> 1;
    if (leaves[middle].getBoundingClientRect().top <= line) low = (here = middle) + 1; else high = middle;
  }
  if (here < 0) return "";
  const passed = [...leaves[here].querySelectorAll("[data-chapter]")].findLast(
    (start) => start.getBoundingClientRect().top <= line
  );
  if (passed) return passed.dataset.chapter;
  const before = leaves.slice(0, here).findLast((leaf) => leaf.dataset.chapters);
  return before ? `${numberOf(before)}-${before.dataset.chapters.split(" ").at(-1)}` : "";
}

function follow() {
  page.outline.showReading(chapterAt(region.getBoundingClientRect().top + 80));
}

/* -- words found --------------------------------------------------------------------------------- */

let finds = []; /* [report, start, end], in order */

async function find(text) {
  const digests = all("[data-digest]").map((article) => article.dataset.digest);
  return (await server.find({ digests, text })) ?? startAnew();
}

/* Ranges of those places that are loaded. */
function rangesOf(places) {
  const ranges = [];
  let next = 0;
  for (const block of all(".block")) {
    const [report, start, end] = [numberOf(block), Number(block.dataset.start), Number(block.dataset.end)];
    const isBefore = ([r, s]) => r < report || (r === report && s < start);
    while (next < places.length && isBefore(places[next])) next += 1;
    for (; next < places.length && places[next][0] === report && places[next][1] < end; next += 1) {
      const parts = textIn(block, places[next][1] - start, places[next][2] - start);
      const range = document.createRange();
      range.setStart(parts[0][0], parts[0][1]);
      range.setEnd(parts.at(-1)[0], parts.at(-1)[2]);
      ranges.push(range);
    }
  }
  return ranges;
}

function paint() {
  if (window.Highlight) CSS.highlights.set("found", new Highlight(...(finds.length ? rangesOf(finds) : [])));
}

function highlight(places) {
  finds = places;
  paint();
  if (window.Highlight) CSS.highlights.delete("found-here");
}

function reveal(place) {
  const [report, start, end] = place;
  return go(leavesOf({ report, start, end }), () => {
    const [range] = rangesOf([place]);
    if (!range) return;
    if (window.Highlight) CSS.highlights.set("found-here", new Highlight(range));
    page.bringIntoView(range.startContainer.parentElement, "center");
  });
}

/* -- listening ----------------------------------------------------------------------------------- */

function greet() {
  page.nameRegion(region, page.words("reportName"));
  region.setAttribute("aria-describedby", "report-keys");
  observe();
  goToAddress();
}

region.addEventListener("scroll", () => { if (page.isReady()) follow(); });
watch("value", () => { if (page.isReady()) observe(); });
page.report = { cite, show, forget, goToChapter, goToAddress, follow, find, highlight, reveal, greet };
