/* What the parts of the page share: the sheet on a narrow screen, the way back, what is announced.
 *
 * Each part has hands of its own, in the way of Gradio's custom components: conversation.js,
 * outline.js and report.js run with their `element` and hang on `askreport` what the others may call.
 * Gradio redraws what is inside an element, never the element itself: listeners sit there.
 */
window.askreport = (() => {
  "use strict";

  const NARROW = matchMedia("(max-width: 860px)");
  const CALM = matchMedia("(prefers-reduced-motion: reduce)");
  const byId = (id) => document.getElementById(id);

  const words = (name) => document.querySelector("#outline-bar .bar").dataset[name];

  /* -- going to a place, and back --------------------------------------------------------------- */

  let cameFrom = null; /* the link that led into the report; focus returns to it */
  let ignoredPops = 0; /* steps back in the browser's history that we made ourselves */

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

  function arriveAt(element, block) {
    /* A sheet that is just opening takes no focus before it is drawn. */
    const focus = (times) => {
      element.focus({ preventScroll: true });
      if (document.activeElement !== element && times > 0) requestAnimationFrame(() => focus(times - 1));
    };
    element.tabIndex = -1;
    focus(20);
    bringIntoView(element, block);
  }

  const backButton = () => document.querySelector("#outline-bar .back");

  function openSheet(opener) {
    cameFrom = opener;
    page.conversation.hideTip();
    backButton().hidden = !opener || opener.id === "open-report";
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
    backButton().hidden = true;
    if (cameFrom && cameFrom.isConnected) {
      if (cameFrom.closest("#conversation")) cameFrom.scrollIntoView({ block: "nearest" });
      cameFrom.focus();
    }
    cameFrom = null;
  }

  /* The reader goes on: there is no way back any more. */
  function forgetWay() {
    cameFrom = null;
    backButton().hidden = true;
  }

  function setRestInert(inert) {
    for (const id of ["masthead", "chat-side"]) byId(id).inert = inert;
  }

  /* From the report to the link that led there; the browser's history takes the same step. */
  function goBack() {
    closeSheet();
    if (!history.state || !history.state.inReport) return;
    ignoredPops += 1;
    history.back();
  }

  /* The browser's own Back leaves the report again; the address names the paragraph. */
  function noteStep(address) {
    const state = { ...history.state, inReport: true };
    const step = history.state && history.state.inReport ? "replaceState" : "pushState";
    history[step](state, "", address);
  }

  function onPop() {
    if (ignoredPops > 0) {
      ignoredPops -= 1;
    } else if (cameFrom) {
      closeSheet();
    } else {
      page.report.goToAddress();
    }
  }

  /* Escape closes what lies on top. */
  function onKey(event) {
    if (event.key !== "Escape" || event.defaultPrevented || !page.report) return;
    if (page.conversation.hideTip() || page.outline.close()) return;
    if (byId("report-side").classList.contains("open") || cameFrom) goBack();
  }

  /* -- what is said aloud, what is handed over ---------------------------------------------------- */

  function announcer() {
    const known = byId("announcer");
    if (known) return known;
    const log = document.createElement("div");
    log.id = "announcer";
    log.className = "sr";
    log.setAttribute("role", "log");
    log.setAttribute("aria-live", "polite");
    document.querySelector(".gradio-container main").append(log);
    return log;
  }

  /* Add a line to what a screen reader says; `first` forgets the lines before. */
  function announce(text, first = true) {
    if (first) announcer().replaceChildren();
    const line = document.createElement("p");
    line.textContent = text;
    announcer().append(line);
  }

  async function copyWith(element, text) {
    await navigator.clipboard.writeText(text);
    const label = element.textContent;
    element.textContent = element.dataset.copied;
    setTimeout(() => { element.textContent = label; }, 1500);
  }

  /* Gradio hands a file over that it made of the conversation. */
  function save(file) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([file.text], { type: file.type }));
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  /* What scrolls must be reachable by keyboard, and what is reachable must have a name. */
  function nameRegion(region, name) {
    region.tabIndex = 0;
    region.setAttribute("role", "region");
    region.setAttribute("aria-label", name);
  }

  /* -- beginning ---------------------------------------------------------------------------------- */

  const isReady = () => "ready" in document.documentElement.dataset;
  let early = null; /* finds what a reader pressed before the greeting */

  /* The greeting brings the language and an old conversation; a faster question waits for it, since
     the greeting would overwrite its answer. */
  function holdEarly(event) {
    if (isReady() || !event.target.closest) return;
    const enter = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    const example = event.target.closest("#examples button");
    const asks = event.target.closest(event.type === "keydown" ? "#question" : "#question .submit-button");
    if (event.type === "keydown" ? !enter || !asks : !asks && !example) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    early = () => (asks ? document.querySelector("#question .submit-button") : example);
  }

  /* Called once the greeting is there. */
  function ready() {
    document.documentElement.dataset.ready = "";
    announcer();
    addEventListener("popstate", onPop);
    NARROW.addEventListener("change", () => { if (!NARROW.matches) closeSheet(); });
    page.outline.greet();
    page.report.greet();
    page.conversation.greet();
    if (early) requestAnimationFrame(() => early().click());
  }

  document.addEventListener("keydown", holdEarly, true);
  document.addEventListener("click", holdEarly, true);
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("#open-report");
    if (!opener) return;
    openSheet(opener);
    document.querySelector("#outline-bar .close").focus();
  });
  new MutationObserver((_, watcher) => {
    const name = byId("name");
    if (!name) return;
    watcher.disconnect();
    const follow = () => {
      const heading = name.querySelector("h1");
      if (heading) document.documentElement.lang = heading.lang;
    };
    new MutationObserver(follow).observe(name, { childList: true, subtree: true, attributes: true });
    follow();
  }).observe(document.documentElement, { childList: true, subtree: true });

  const page = {
    NARROW, byId, words, bringIntoView, arriveAt, openSheet, closeSheet, forgetWay, goBack, noteStep,
    announce, copyWith, save, nameRegion, isReady, ready,
  };
  return page;
})();
