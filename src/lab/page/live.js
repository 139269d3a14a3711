// Fetches the page it is in, and puts what it says in the place of what stood there, if that changed: the place on
// the page, the focus, the zoom of charts and what is chosen stay.
"use strict";
(() => {
  let last = "";

  async function renew() {
    if (document.hidden) return;
    let text;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) return;
      text = await answer.text();
    } catch { return; }
    if (text === last) return;
    const first = last === "";
    last = text;
    if (first || document.querySelector(".cursor[visibility=visible], .selection[visibility=visible]")) {
      if (!first) last = "-";
      return;
    }
    const next = new DOMParser().parseFromString(text, "text/html");
    const focused = document.activeElement?.closest("svg")?.getAttribute("aria-labelledby");
    const chosen = [...document.querySelectorAll(".choices > input:checked")].map((input) => input.id);
    document.title = next.title;
    for (const part of ["header", "main"]) {
      const old = document.querySelector(part), made = next.querySelector(part);
      if (old && made) old.replaceWith(document.adoptNode(made));
    }
    for (const id of chosen) document.getElementById(id)?.setAttribute("checked", "");
    window.thalweg?.attach(document);
    if (focused) document.querySelector(`svg[aria-labelledby="${focused}"]`)?.focus({ preventScroll: true });
  }

  setInterval(renew, 2000);
})();
