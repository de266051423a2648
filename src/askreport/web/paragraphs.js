/* The report's second hand, which runs in the scope of report.js: what can be done with a paragraph.
 *
 * Its link, a question about it, the right place for feedback: by pointer, by selecting, by keyboard.
 */

const ASKED_WORDS = 160; /* code points of a selection that go into a question */

/* -- a paragraph's link, and questions about it -------------------------------------------------- */

/* One set of tools for all paragraphs, in the one that the pointer or the focus is in. Their words
   are attributes, so that the paragraph's text stays the report's. */
function offerTools(block) {
  const known = page.byId("paragraph-link");
  if (known && known.parentElement === block) return;
  for (const tool of all("#paragraph-link, #paragraph-ask")) tool.remove();
  if (!block) return;
  const link = document.createElement("a");
  link.id = "paragraph-link";
  link.href = addressOf(block);
  const ask = document.createElement("button");
  ask.id = "paragraph-ask";
  ask.type = "button";
  ask.dataset.words = feedbackIsOpen() ? page.words("usePlace") : page.words("askAbout");
  for (const [tool, words] of [[link, page.words("paragraphLink")], [ask, ask.dataset.words]]) {
    tool.title = words;
    tool.setAttribute("aria-label", words);
  }
  block.append(ask, link);
}

async function copyLink(link) {
  history.replaceState(history.state, "", link.getAttribute("href"));
  await navigator.clipboard.writeText(location.href);
  link.title = page.words("copied");
  link.setAttribute("aria-label", link.title);
  link.classList.add("done");
  page.announce(link.title);
}

function feedbackIsOpen() {
  return Boolean(document.querySelector("#feedback form:not([hidden])"));
}

/* What a keyboard does in place of selecting: the paragraph as a whole. */
function takeParagraph(block) {
  const range = document.createRange();
  range.setStart(block, 0);
  range.setEndBefore(page.byId("paragraph-ask"));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  if (feedbackIsOpen()) document.querySelector("#feedback form:not([hidden]) textarea").focus();
  else askAboutSelection();
}

function aboutButton() {
  const known = page.byId("ask-about");
  if (known) return known;
  const button = document.createElement("button");
  button.id = "ask-about";
  button.type = "button";
  button.hidden = true;
  button.addEventListener("click", askAboutSelection);
  document.querySelector(".gradio-container main").append(button);
  return button;
}

function offerQuestion() {
  const button = aboutButton();
  const selection = getSelection();
  const range = selection.rangeCount && !selection.isCollapsed && selection.getRangeAt(0);
  const isInside = range && region.contains(range.commonAncestorContainer);
  button.hidden = !isInside || !selection.toString().trim() || feedbackIsOpen();
  if (button.hidden) return;
  button.textContent = page.words("askAbout");
  const at = range.getBoundingClientRect();
  const box = region.getBoundingClientRect();
  const [width, height] = [button.offsetWidth, button.offsetHeight];
  const left = Math.max(box.left + 8, Math.min(at.left, innerWidth - width - 8));
  const top = Math.min(Math.max(box.top + 8, at.top - height - 8), innerHeight - height - 8);
  button.style.left = `${left}px`;
  button.style.top = `${top}px`;
}

function askAboutSelection() {
  const letters = [...getSelection().toString().replace(/\s+/g, " ").trim()];
  const quote = letters.slice(0, ASKED_WORDS).join("") + (letters.length > ASKED_WORDS ? "…" : "");
  getSelection().removeAllRanges();
  page.closeSheet();
  page.conversation.draft(page.words("about").replace("{quote}", () => quote));
}

/* -- a keyboard's way: Enter takes the paragraph at the top, arrows go from one to the next -------- */

function step(block, by) {
  const blocks = all(".block");
  const next = blocks[blocks.indexOf(block) + by];
  if (!next) return;
  page.arriveAt(next, "nearest");
}

function onKey(event) {
  if (event.target === region && event.key === "Enter") {
    const top = region.getBoundingClientRect().top;
    const first = all(".block").find((block) => block.getBoundingClientRect().bottom > top + 24);
    if (first) page.arriveAt(first, "nearest");
  } else if (event.target.matches(".leaf .block, .leaf mark") && /^Arrow(Up|Down)$/.test(event.key)) {
    step(event.target.closest(".block"), event.key === "ArrowDown" ? 1 : -1);
  } else {
    return;
  }
  event.preventDefault();
}

/* -- listening ----------------------------------------------------------------------------------- */

function onClick(event) {
  const tool = event.target.closest("#paragraph-link, #paragraph-ask");
  if (!tool) return;
  event.preventDefault();
  if (tool.id === "paragraph-link") copyLink(tool); else takeParagraph(tool.closest(".block"));
}

function onBlock(event) {
  const block = event.target.closest(".leaf .block"); /* Gradio has blocks, too */
  if (block || event.type === "mouseover") offerTools(block);
}

element.addEventListener("click", onClick);
element.addEventListener("mouseover", onBlock);
element.addEventListener("focusin", onBlock);
region.addEventListener("keydown", onKey);
region.addEventListener("scroll", () => { if (page.isReady()) offerQuestion(); });
document.addEventListener("selectionchange", () => { if (page.isReady()) offerQuestion(); });
