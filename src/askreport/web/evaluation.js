/* The evaluation view: the page's language is that of its name; a link to a question opens it. */
(() => {
  "use strict";

  const waiting = new MutationObserver(() => {
    const name = document.querySelector("#evaluation-name");
    if (!name) return;
    waiting.disconnect();
    const follow = () => {
      const heading = name.querySelector("h1");
      if (heading) document.documentElement.lang = heading.lang;
    };
    new MutationObserver(follow).observe(name, { childList: true, subtree: true });
    follow();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest('#results a[href^="#question-"]');
    const place = link && document.getElementById(link.getAttribute("href").slice(1));
    if (!place) return;
    event.preventDefault();
    const question = place.closest("details");
    question.open = true;
    question.scrollIntoView({ block: "start" });
    question.querySelector("summary").focus({ preventScroll: true });
  });
  waiting.observe(document.documentElement, { childList: true, subtree: true });
})();
