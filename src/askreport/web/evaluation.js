/* The evaluation view: the page's language is that of its name. */
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
  waiting.observe(document.documentElement, { childList: true, subtree: true });
})();
