/* Thumbs under an answer, and the form that a thumb down opens.
 *
 * The right place is chosen by selecting text in the report; it is sent in the report's coordinates
 * (Unicode code points), and the server takes the quote from its own copy of the report.
 */
(() => {
  "use strict";

  const NARROW = matchMedia("(max-width: 860px)");
  const byId = (id) => document.getElementById(id);
  const panel = () => document.querySelector(`#feedback [lang="${document.documentElement.lang}"]`);
  const form = () => panel() && panel().querySelector("form");
  const given = new Map(); /* thumb of each answer in this page: Gradio redraws the buttons */

  let about = null; /* the answer that the form is about, and the thumb that opened it */
  let selected = null; /* [report, start, end] */

  /* -- a selection in the report's coordinates ---------------------------------------------------- */

  function offsetAt(node, offset) {
    const block = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest(".leaf .block");
    if (!block) return null;
    const before = document.createRange();
    before.selectNodeContents(block);
    before.setEnd(node, offset);
    return {
      report: Number(block.closest("[data-report]").dataset.report),
      offset: Number(block.dataset.start) + [...before.toString()].length,
    };
  }

  /* The nearest places inside blocks: a selection by triple click ends before the next block. */
  function placeOfSelection() {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    const from = offsetAt(range.startContainer, range.startOffset);
    let to = offsetAt(range.endContainer, range.endOffset);
    if (from && !to) to = { report: from.report, offset: from.offset + [...range.toString()].length };
    if (!from || from.report !== to.report || from.offset >= to.offset) return null;
    return [from.report, from.offset, to.offset];
  }

  function onSelection() {
    if (!form() || form().hidden) return;
    const place = placeOfSelection();
    const use = document.querySelector(`.use-place[lang="${document.documentElement.lang}"]`);
    use.hidden = !(place && NARROW.matches);
    if (!place) return;
    selected = place;
    form().querySelector(".picked").textContent = getSelection().toString().trim();
  }

  /* -- the form ----------------------------------------------------------------------------------- */

  const keyOf = (thumbs) => `${thumbs.dataset.exchange} ${thumbs.dataset.question}`;

  function openForm(button) {
    about = { thumbs: button.closest(".thumbs").dataset, button };
    selected = null;
    form().reset();
    form().querySelector(".picked").textContent = "";
    form().querySelector(".right-place").hidden = true;
    form().hidden = false;
    form().querySelector("h3").focus();
  }

  function hideForms() {
    for (const part of document.querySelectorAll("#feedback form, .use-place")) {
      part.hidden = true;
    }
  }

  function closeForm() {
    hideForms();
    const opener = about && document.querySelector(
      `.thumbs[data-exchange="${about.thumbs.exchange}"] [data-verdict=bad]`
    );
    about = null;
    if (opener) opener.focus();
  }

  function send(thumbs, verdict, rest) {
    const detail = { exchange: Number(thumbs.exchange), question: thumbs.question, verdict, ...rest };
    form().dispatchEvent(new CustomEvent("feedback", { bubbles: true, detail }));
  }

  function onSubmit(event) {
    if (event.target !== form()) return;
    event.preventDefault();
    const fields = new FormData(form());
    if (!fields.get("verdict")) {
      form().querySelector("input").focus();
      return;
    }
    const refusal = fields.get("verdict") === "should_refuse";
    send(about.thumbs, fields.get("verdict"), {
      comment: refusal ? "" : fields.get("comment"),
      place: refusal ? null : selected,
    });
  }

  function onClick(event) {
    const at = (selector) => event.target.closest(selector);
    const thumb = at("#conversation .thumb");
    if (thumb && thumb.dataset.verdict === "good") {
      send(thumb.closest(".thumbs").dataset, "good", {});
    } else if (thumb) {
      openForm(thumb);
    } else if (at("#feedback .cancel")) {
      closeForm();
    } else if (at("#feedback .open-for-place")) {
      byId("open-report").click();
    } else if (at(".use-place")) {
      document.querySelector("#outline-bar .close").click();
      getSelection().removeAllRanges();
      at(".use-place").hidden = true;
      form().querySelector("textarea").focus();
    }
  }

  function onChange(event) {
    if (event.target.name !== "verdict" || !event.target.closest("#feedback")) return;
    form().querySelector(".right-place").hidden = event.target.value === "should_refuse";
  }

  function onKey(event) {
    if (event.key !== "Escape" || !event.target.closest("#feedback form")) return;
    event.stopPropagation();
    closeForm();
  }

  /* -- what became of it -------------------------------------------------------------------------- */

  function onNote() {
    const note = document.querySelector("#feedback-note .feedback-note");
    if (!note || note.dataset.kept !== "yes") return;
    const thumbs = document.querySelector(`.thumbs[data-exchange="${note.dataset.exchange}"]`);
    if (thumbs) given.set(keyOf(thumbs), note.dataset.verdict);
    if (form() && !form().hidden) closeForm();
    showGiven();
  }

  function showGiven() {
    for (const thumbs of document.querySelectorAll("#conversation .thumbs")) {
      for (const thumb of thumbs.querySelectorAll(".thumb")) {
        const pressed = String(given.get(keyOf(thumbs)) === thumb.dataset.verdict);
        if (thumb.getAttribute("aria-pressed") !== pressed) thumb.setAttribute("aria-pressed", pressed);
      }
    }
  }

  function start() {
    if (!byId("feedback") || !byId("feedback-note") || !byId("conversation")) return false;
    document.addEventListener("click", onClick);
    document.addEventListener("submit", onSubmit);
    document.addEventListener("change", onChange);
    document.addEventListener("keydown", onKey, true);
    document.addEventListener("selectionchange", onSelection);
    /* The chat is inert while the report covers it, and the button is needed over the report. */
    const main = document.querySelector(".gradio-container main");
    main.append(...document.querySelectorAll("#feedback .use-place"));
    const watch = (id, act) =>
      new MutationObserver(act).observe(byId(id), { childList: true, subtree: true });
    watch("feedback-note", onNote);
    watch("conversation", showGiven);
    watch("name", hideForms); /* another language has another form */
    return true;
  }

  /* Gradio mounts its components after this script has run. */
  const waiting = new MutationObserver(() => { if (start()) waiting.disconnect(); });
  waiting.observe(document.documentElement, { childList: true, subtree: true });
})();
