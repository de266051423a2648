/* The hands of the page: citations lead into the report and back.
 *
 * A link #s-REPORT-START-END names a slice of a report in Unicode code points; #c-REPORT-CHAPTER a
 * chapter; #r-REPORT a report; #p-REPORT-KEY a paragraph by its words, for links that outlive a
 * rebuilt index. ?q=QUESTION asks. Places are looked up inside the report panel alone, so that nothing an
 * answer contains can stand in for a source. Listeners sit on the document: Gradio redraws components.
 */
(() => {
  "use strict";

  const PLACE = /^#s-(\d+)-(\d+)-(\d+)$/;
  const CHAPTER = /^#([cr])-(\d+)(?:-(\d+))?$/;
  const PARAGRAPH = /^#p-(\d+)-([0-9a-f]+(?:-\d+)?)$/;
  const ASKED_WORDS = 160; /* code points of a selection that go into a question */
  const NARROW = matchMedia("(max-width: 860px)");
  const CALM = matchMedia("(prefers-reduced-motion: reduce)");
  const byId = (id) => document.getElementById(id);

  let cameFrom = null; /* the link that led into the report; focus returns to it */
  let ignoredPops = 0; /* steps back in the browser's history that we made ourselves */

  /* -- marking a slice of the report ------------------------------------------------------------ */

  function placeOf(link) {
    const match = PLACE.exec(link.getAttribute("href") || "");
    return match && { report: match[1], start: Number(match[2]), end: Number(match[3]) };
  }

  /* The entry in the list of sources that a marker, or the entry itself, stands for. */
  function sourceOf(link) {
    const exchange = link.closest(".exchange");
    return exchange.querySelector(`a.source[data-number="${link.dataset.number}"]`);
  }

  function unmark(kind) {
    for (const mark of byId("report").querySelectorAll(`mark.${kind}`)) {
      const parent = mark.parentNode;
      mark.replaceWith(...mark.childNodes);
      parent.normalize();
    }
  }

  /* UTF-16 index of the code point `count` of `text`; its length where the text is shorter. */
  function indexOfCodePoint(text, count) {
    let index = 0;
    for (; count > 0 && index < text.length; count -= 1) {
      index += text.codePointAt(index) > 0xffff ? 2 : 1;
    }
    return index;
  }

  /* Wrap [start, end) of a block, counted from the block's own beginning, across inner elements. */
  function markInBlock(block, start, end, kind) {
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    const nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    const marks = [];
    let position = 0;
    for (const node of nodes) {
      const length = [...node.data].length;
      const from = Math.max(start - position, 0);
      const to = Math.min(end - position, length);
      position += length;
      if (from >= to) continue;
      const inner = node.splitText(indexOfCodePoint(node.data, from));
      inner.splitText(indexOfCodePoint(inner.data, to - from));
      const mark = document.createElement("mark");
      mark.className = kind;
      inner.replaceWith(mark);
      mark.append(inner);
      marks.push(mark);
    }
    return marks;
  }

  function markSlice({ report, start, end }, kind) {
    const marks = [];
    for (const block of byId("report").querySelectorAll(`[data-report="${report}"] .block`)) {
      const blockStart = Number(block.dataset.start);
      if (Number(block.dataset.end) <= start || blockStart >= end) continue;
      marks.push(...markInBlock(block, start - blockStart, end - blockStart, kind));
    }
    return marks;
  }

  const withoutSpace = (text) => text.replace(/\s+/g, "");

  /* Mark what a source quotes. A report that was replaced after this page was loaded may have other
     words at that place; then nothing is marked, since a wrong mark is worse than none. */
  function markSource(source, kind) {
    const marks = markSlice(placeOf(source), kind);
    const found = marks.map((mark) => mark.textContent).join("");
    if (withoutSpace(found) === withoutSpace(source.querySelector("q").textContent)) return marks;
    unmark(kind);
    return [];
  }

  function markCitationsOf(exchange) {
    unmark("cited");
    if (!exchange) return;
    for (const source of exchange.querySelectorAll("a.source")) {
      markSource(source, "cited").forEach((mark, part) => {
        mark.dataset.hue = source.dataset.hue;
        if (part === 0) mark.dataset.number = source.dataset.number;
      });
    }
  }

  /* The answer that is being read: the last one whose question is in the upper part of the view. */
  function exchangeInView() {
    const chat = byId("conversation").getBoundingClientRect();
    const all = [...byId("conversation").querySelectorAll(".exchange[data-state=done]")];
    const line = chat.top + chat.height * 0.4;
    return all.filter((one) => one.getBoundingClientRect().top < line).pop() || all[0] || null;
  }

  let inView = null;

  function followChat() {
    const exchange = exchangeInView();
    if (exchange === inView) return;
    inView = exchange;
    markCitationsOf(exchange);
  }

  /* -- going to a place, and back --------------------------------------------------------------- */

  function bringIntoView(element, block) {
    if (!element.closest("#report")) {
      element.scrollIntoView({ block, behavior: CALM.matches ? "auto" : "smooth" });
      return;
    }
    /* Heights of leaves out of view are estimates: go there at once, and again as they are laid out. */
    const settle = (times) => {
      if (!element.isConnected) return;
      element.scrollIntoView({ block, behavior: "auto" });
      if (times > 0) requestAnimationFrame(() => settle(times - 1));
    };
    settle(3);
  }

  function openSheet(opener) {
    cameFrom = opener;
    hideTip();
    document.querySelector("#outline-bar .back").hidden = !opener || opener.id === "open-report";
    if (!NARROW.matches) return;
    const sheet = byId("report-side");
    sheet.classList.add("open");
    sheet.setAttribute("role", "dialog");
    sheet.setAttribute("aria-modal", "true");
    sheet.setAttribute("aria-label", byId("open-report").textContent.trim());
    setRestInert(true);
  }

  function closeSheet() {
    const sheet = byId("report-side");
    sheet.classList.remove("open");
    for (const name of ["role", "aria-modal", "aria-label"]) sheet.removeAttribute(name);
    setRestInert(false);
    document.querySelector("#outline-bar .back").hidden = true;
    if (cameFrom && cameFrom.isConnected) {
      if (cameFrom.closest("#conversation")) cameFrom.scrollIntoView({ block: "nearest" });
      cameFrom.focus();
    }
    cameFrom = null;
  }

  /* From the report to the link that led there; the browser's history takes the same step. */
  function goBack() {
    closeSheet();
    if (!history.state || !history.state.inReport) return;
    ignoredPops += 1;
    history.back();
  }

  /* The browser's own Back leaves the report again; the address names the paragraph. */
  function noteStep(block) {
    const state = { ...history.state, inReport: true };
    const step = history.state && history.state.inReport ? "replaceState" : "pushState";
    history[step](state, "", addressOf(block));
  }

  function onPop() {
    if (ignoredPops > 0) {
      ignoredPops -= 1;
    } else if (cameFrom) {
      closeSheet();
    } else {
      goToAddress();
    }
  }

  function arriveAt(element, block) {
    element.tabIndex = -1;
    element.focus({ preventScroll: true });
    bringIntoView(element, block);
  }

  function setRestInert(inert) {
    for (const id of ["masthead", "chat-side"]) byId(id).inert = inert;
  }

  function goToCitation(link) {
    openSheet(link);
    inView = exchangeInView();
    markCitationsOf(link.closest(".exchange"));
    unmark("here");
    const near = link.classList.contains("near");
    const marks = near ? markSlice(placeOf(link), "here") : markSource(sourceOf(link), "here");
    if (!marks.length) return;
    noteStep(marks[0].closest(".block"));
    arriveAt(marks[0], "center");
  }

  function goToChapter(link) {
    const [, kind, report, chapter] = CHAPTER.exec(link.getAttribute("href"));
    const place = byId("report").querySelector(
      kind === "c" ? `[data-chapter="${report}-${chapter}"]` : `[data-report="${report}"]`
    );
    showOutline(false);
    if (!place) return;
    if (link.closest("#conversation")) openSheet(link);
    arriveAt(place, "start");
  }

  const addressOf = (block) =>
    `#p-${block.closest("[data-report]").dataset.report}-${block.dataset.key}`;

  /* The paragraph that the page's address names, if the report still has it. */
  function goToAddress() {
    const match = PARAGRAPH.exec(location.hash);
    if (!match) return;
    const block = ["[data-report=\"" + match[1] + "\"] ", ""]
      .map((inside) => byId("report").querySelector(`${inside}[data-key="${match[2]}"]`))
      .find(Boolean);
    if (!block) return;
    openSheet(byId("open-report"));
    unmark("here");
    markInBlock(block, 0, Infinity, "here");
    arriveAt(block, "center");
  }

  function showOutline(open) {
    const outline = byId("outline");
    outline.hidden = !open;
    document.querySelector("#outline-bar .contents").setAttribute("aria-expanded", String(open));
    if (!open) return;
    const current = outline.querySelector("[aria-current]") || outline.querySelector("a");
    if (current) current.focus();
  }

  /* The block that opens the chapter at a height. Only the leaf that lies there is measured inside,
     because to measure inside a leaf out of view makes the browser lay it out. */
  function chapterAt(line) {
    const leaves = [...byId("report").querySelectorAll(".leaf")];
    const here = leaves.findLastIndex((leaf) => leaf.getBoundingClientRect().top <= line);
    let current = null;
    for (const start of byId("report").querySelectorAll("[data-chapter]")) {
      const leaf = leaves.indexOf(start.closest(".leaf"));
      if (leaf > here || (leaf === here && start.getBoundingClientRect().top > line)) break;
      current = start;
    }
    return current;
  }

  /* The chapter that is being read, in the bar and in the outline. */
  function followReading() {
    const report = byId("report");
    const bar = document.querySelector("#outline-bar .here");
    if (!report || !bar) return;
    const line = report.getBoundingClientRect().top + 80;
    const current = chapterAt(line);
    let title = "";
    for (const link of byId("outline").querySelectorAll("a")) {
      const here = current !== null && link.getAttribute("href") === `#c-${current.dataset.chapter}`;
      link.toggleAttribute("aria-current", here);
      if (here) {
        link.setAttribute("aria-current", "true");
        title = link.textContent;
        bar.lang = link.closest("[lang]").lang;
      }
    }
    if (bar.textContent !== title) bar.textContent = title;
  }

  /* -- the note at a citation ------------------------------------------------------------------- */

  function showTip(link) {
    const source = sourceOf(link);
    const tip = byId("citation-tip");
    const parts = [...source.querySelectorAll(".place, q")].map((part) => part.cloneNode(true));
    tip.replaceChildren(...parts);
    tip.hidden = false;
    link.setAttribute("aria-describedby", tip.id);
    const anchor = link.getBoundingClientRect();
    const box = tip.getBoundingClientRect();
    const left = Math.min(Math.max(8, anchor.left - 24), innerWidth - box.width - 8);
    const below = anchor.bottom + 8;
    tip.style.left = `${left}px`;
    tip.style.top = `${below + box.height < innerHeight ? below : anchor.top - box.height - 8}px`;
  }

  function hideTip() {
    const tip = byId("citation-tip");
    if (tip) tip.hidden = true;
    for (const link of document.querySelectorAll("a.cite[aria-describedby]")) {
      link.removeAttribute("aria-describedby");
    }
  }

  /* -- answers as they come --------------------------------------------------------------------- */

  let seen = ""; /* the state of the last exchange that was dealt with */

  function textOfAnswer(exchange) {
    const said = [".answer", ".problem", ".notice"].map((part) => exchange.querySelector(part));
    const copy = said.find(Boolean).cloneNode(true);
    for (const cite of copy.querySelectorAll("a.cite")) cite.textContent = `[${cite.dataset.number}]`;
    return [...(copy.children.length ? copy.children : [copy])]
      .map((line) => line.textContent.trim())
      .join("\n");
  }

  function onConversation() {
    const exchanges = byId("conversation").querySelectorAll(".exchange");
    const last = exchanges[exchanges.length - 1];
    const state = last ? `${exchanges.length} ${last.dataset.state}` : "";
    if (state === seen) return;
    const isNew = Number(state.split(" ")[0]) !== Number(seen.split(" ")[0]);
    seen = state;
    if (!last) {
      markCitationsOf(null);
      unmark("here");
      return;
    }
    if (isNew) bringIntoView(last, "start");
    if (last.dataset.state !== "done") return;
    inView = last;
    markCitationsOf(last);
    byId("announcer").textContent = textOfAnswer(last);
  }

  /* -- what a reader wants of the conversation -------------------------------------------------- */

  function want(what, rest) {
    const detail = { do: what, ...rest };
    byId("conversation").querySelector("h2").dispatchEvent(
      new CustomEvent("want", { bubbles: true, detail })
    );
  }

  function act(button) {
    const at = Number(button.closest(".exchange").dataset.at);
    want(button.dataset.do, { at, question: button.textContent, form: button.dataset.form });
    if (button.dataset.do === "edit") byId("question").querySelector("textarea").focus();
  }

  /* A question in the page's address is asked once, by itself. */
  function onReady() {
    document.documentElement.dataset.ready = "";
    goToAddress();
    const address = new URL(location.href);
    const question = (address.searchParams.get("q") || "").trim();
    if (!question) return;
    address.searchParams.delete("q");
    history.replaceState(history.state, "", address);
    want("option_select", { question, alone: true });
  }

  async function copyWith(element, text) {
    await navigator.clipboard.writeText(text);
    const label = element.textContent;
    element.textContent = element.dataset.copied;
    setTimeout(() => { element.textContent = label; }, 1500);
  }

  /* Gradio hands a file over that it made of the conversation. */
  window.askreport = {
    save(file) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([file.text], { type: file.type }));
      link.download = file.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    },
  };

  async function copyAnswer(button) {
    const exchange = button.closest(".exchange");
    const sources = [...exchange.querySelectorAll("a.source")].map((source) => {
      const [number, place, quote] = source.children;
      return `[${number.textContent}] ${place.textContent}  ${quote.textContent}`;
    });
    const text = [textOfAnswer(exchange), ...(sources.length ? ["", ...sources] : [])].join("\n");
    await copyWith(button, text);
  }

  /* -- a paragraph's link, and questions about a selection --------------------------------------- */

  const words = (name) => document.querySelector("#outline-bar .bar").dataset[name];

  /* One link for all paragraphs, in the one that the pointer or the focus is in. */
  function offerLink(block) {
    const link = byId("paragraph-link");
    if (link && link.parentElement === block) return;
    if (link) link.remove();
    if (!block) return;
    const fresh = document.createElement("a");
    fresh.id = "paragraph-link";
    fresh.href = addressOf(block);
    fresh.title = words("paragraphLink");
    fresh.setAttribute("aria-label", fresh.title);
    block.append(fresh);
  }

  async function copyParagraphLink(link) {
    history.replaceState(history.state, "", link.getAttribute("href"));
    await navigator.clipboard.writeText(location.href);
    link.title = words("copied");
    link.setAttribute("aria-label", link.title);
    byId("announcer").textContent = link.title;
    link.classList.add("done");
  }

  function offerQuestion() {
    const button = byId("ask-about");
    const selection = getSelection();
    const range = selection.rangeCount && !selection.isCollapsed && selection.getRangeAt(0);
    const inReport = range && byId("report").contains(range.commonAncestorContainer);
    const form = document.querySelector("#feedback form");
    button.hidden = !inReport || !selection.toString().trim() || Boolean(form && !form.hidden);
    if (button.hidden) return;
    button.textContent = words("askAbout");
    const at = range.getBoundingClientRect();
    const report = byId("report").getBoundingClientRect();
    const top = at.top - button.offsetHeight - 8;
    button.style.left = `${Math.max(report.left + 8, Math.min(at.left, innerWidth - button.offsetWidth - 8))}px`;
    button.style.top = `${Math.min(Math.max(report.top + 8, top), innerHeight - button.offsetHeight - 8)}px`;
  }

  function askAboutSelection() {
    const letters = [...getSelection().toString().replace(/\s+/g, " ").trim()];
    const quote = letters.slice(0, ASKED_WORDS).join("") + (letters.length > ASKED_WORDS ? "…" : "");
    getSelection().removeAllRanges();
    closeSheet();
    const box = byId("question").querySelector("textarea");
    box.value = words("about").replace("{quote}", () => quote);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }

  /* -- finding words in the report ---------------------------------------------------------------- */

  const MOST_FOUND = 5000;
  let finds = [];
  let findAt = -1;

  /* Ranges of a pattern in a block, across its inner elements. */
  function rangesIn(block, pattern) {
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    const nodes = [];
    let length = 0;
    while (walker.nextNode()) {
      nodes.push([walker.currentNode, length]);
      length += walker.currentNode.data.length;
    }
    const pointAt = (index, isEnd) => {
      const [node, start] = nodes.findLast(([, at]) => (isEnd ? at < index : at <= index));
      return [node, index - start];
    };
    return [...block.textContent.matchAll(pattern)].map((match) => {
      const range = document.createRange();
      range.setStart(...pointAt(match.index, false));
      range.setEnd(...pointAt(match.index + match[0].length, true));
      return range;
    });
  }

  function find(text) {
    const wanted = text.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+");
    finds = [];
    findAt = -1;
    if (wanted) {
      const pattern = new RegExp(wanted, "giu");
      for (const block of byId("report").querySelectorAll(".block")) {
        if (finds.length >= MOST_FOUND) break;
        if (block.textContent.search(pattern) >= 0) finds.push(...rangesIn(block, pattern));
      }
    }
    if (window.Highlight) CSS.highlights.set("found", new Highlight(...finds));
    if (finds.length) stepFind(1); else showFind(Boolean(wanted));
  }

  function stepFind(step) {
    if (!finds.length) return;
    findAt = (findAt + step + finds.length) % finds.length;
    const range = finds[findAt];
    if (window.Highlight) CSS.highlights.set("found-here", new Highlight(range));
    bringIntoView(range.startContainer.parentElement, "center");
    showFind(true);
  }

  function showFind(asked) {
    const found = document.querySelector("#outline-bar .found");
    found.textContent = finds.length ? `${findAt + 1} / ${finds.length}` : asked ? found.dataset.nothing : "";
    for (const step of document.querySelectorAll("#outline-bar .step")) step.disabled = !finds.length;
    if (!finds.length && window.Highlight) CSS.highlights.delete("found-here");
  }

  let findSoon = 0;

  function onFindInput(event) {
    if (!event.target.matches("#outline-bar .find input")) return;
    clearTimeout(findSoon);
    findSoon = setTimeout(() => find(event.target.value), 120);
  }

  function onFindKey(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      stepFind(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape" && event.target.value) {
      event.preventDefault();
      event.target.value = "";
      find("");
      return true;
    }
    return false;
  }

  /* -- listening -------------------------------------------------------------------------------- */

  function onClick(event) {
    const at = (selector) => event.target.closest(selector);
    const link = at("a");
    if (link && link.closest("#conversation") && placeOf(link)) {
      event.preventDefault();
      goToCitation(link);
    } else if (link && link.closest("#outline-bar, .welcome") && CHAPTER.test(link.getAttribute("href"))) {
      event.preventDefault();
      goToChapter(link);
    } else if (at("#outline-bar .contents")) {
      showOutline(byId("outline").hidden);
    } else if (at("#outline-bar .close") || at("#outline-bar .back")) {
      goBack();
    } else if (at("#outline-bar .step")) {
      stepFind(Number(at(".step").dataset.step));
    } else if (link && link.id === "paragraph-link") {
      event.preventDefault();
      copyParagraphLink(link);
    } else if (link && link.matches("#conversation .permalink")) {
      event.preventDefault();
      copyWith(link, link.href.split("#")[0]);
    } else if (at("#conversation .act")) {
      act(at(".act"));
    } else if (at("#ask-about")) {
      askAboutSelection();
    } else if (at("#open-report")) {
      openSheet(at("#open-report"));
      document.querySelector("#outline-bar .close").focus();
    } else if (at("#conversation .copy")) {
      copyAnswer(at(".copy"));
    } else if (byId("outline") && !byId("outline").hidden && !at("#outline")) {
      showOutline(false);
    }
  }

  function onKey(event) {
    if (event.target.matches("#outline-bar .find input") && onFindKey(event)) return;
    if (event.key !== "Escape") return;
    const outline = byId("outline");
    if (!byId("citation-tip").hidden) {
      hideTip();
    } else if (outline && !outline.hidden) {
      showOutline(false);
      document.querySelector("#outline-bar .contents").focus();
    } else if (byId("report-side").classList.contains("open") || cameFrom) {
      goBack();
    }
  }

  function addOwnElements() {
    const tip = document.createElement("div");
    tip.id = "citation-tip";
    tip.setAttribute("role", "tooltip");
    tip.hidden = true;
    const announcer = document.createElement("div");
    announcer.id = "announcer";
    announcer.className = "sr";
    announcer.setAttribute("role", "status");
    announcer.setAttribute("aria-live", "polite");
    const about = document.createElement("button");
    about.id = "ask-about";
    about.type = "button";
    about.hidden = true;
    document.querySelector(".gradio-container main").append(tip, announcer, about);
  }

  /* What scrolls must be reachable by keyboard, and what is reachable must have a name. */
  function nameRegion(id, name) {
    const region = byId(id);
    region.tabIndex = 0;
    region.setAttribute("role", "region");
    region.setAttribute("aria-label", name);
  }

  function start() {
    if (!byId("conversation") || !byId("report")) return false;
    addOwnElements();
    document.addEventListener("click", onClick);
    document.addEventListener("keydown", onKey);
    const onCite = (act) => (event) => {
      const link = event.target.closest && event.target.closest("#conversation a.cite");
      if (link) act(link);
    };
    document.addEventListener("mouseover", onCite(showTip));
    document.addEventListener("mouseout", onCite(hideTip));
    document.addEventListener("focusin", onCite(showTip));
    document.addEventListener("focusout", onCite(hideTip));
    document.addEventListener("scroll", (event) => {
      hideTip();
      if (event.target.id === "report") {
        followReading();
        offerQuestion();
      } else if (event.target.id === "conversation") {
        followChat();
      }
    }, true);
    const onBlock = (event) => {
      const block = event.target.closest && event.target.closest("#report .block");
      if (block || event.type === "mouseover") offerLink(block);
    };
    document.addEventListener("mouseover", onBlock);
    document.addEventListener("focusin", onBlock);
    document.addEventListener("selectionchange", offerQuestion);
    document.addEventListener("input", onFindInput);
    document.addEventListener("submit", (event) => {
      if (event.target.matches("#outline-bar .find")) event.preventDefault();
    });
    document.addEventListener("askreport-ready", onReady);
    addEventListener("popstate", onPop);
    NARROW.addEventListener("change", () => { if (!NARROW.matches) closeSheet(); });
    const watch = (id, act) => {
      new MutationObserver(act).observe(byId(id), { childList: true, subtree: true });
      act();
    };
    watch("name", () => {
      const heading = document.querySelector("#name h1");
      if (heading) document.documentElement.lang = heading.lang;
    });
    watch("conversation", () => {
      nameRegion("conversation", document.querySelector("#conversation h2").textContent);
      onConversation();
    });
    watch("outline-bar", () => {
      nameRegion("report", document.querySelector("#outline-bar .bar").dataset.reportName);
      followReading();
    });
    return true;
  }

  /* Gradio mounts its components after this script has run. */
  const waiting = new MutationObserver(() => { if (start()) waiting.disconnect(); });
  waiting.observe(document.documentElement, { childList: true, subtree: true });
})();
