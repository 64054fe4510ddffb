// Keeps the live page up to date. What arrives is markup made and escaped by the server, the same as in the
// page itself; the Content-Security-Policy lets no script in it run.
"use strict";

(() => {
  const list = document.getElementById("sessions");
  const live = document.getElementById("live");
  const state = document.getElementById("live-state");
  const pause = document.getElementById("live-pause");
  const headline = document.getElementById("headline");
  const most = Number(live.dataset.most);
  let since = live.dataset.since;
  let source = null;
  let again = 0;

  const say = (words, mood) => {
    state.textContent = words;
    live.dataset.mood = mood;
  };

  const show = (event) => {
    const made = document.createElement("template");
    made.innerHTML = event.data;
    const card = made.content.firstElementChild;
    const old = document.getElementById(card.id);
    if (old) {
      const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      old.replaceWith(card);
      if (focused) card.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    } else {
      card.classList.add("is-new");
      list.prepend(card);
      document.getElementById("first-steps").hidden = true;
      while (list.childElementCount > most) list.lastElementChild.remove();
    }
    since = event.lastEventId || since;
  };

  const follow = () => {
    clearTimeout(again);
    source = new EventSource(`/events?since=${encodeURIComponent(since)}`);
    source.onopen = () => say("Live", "good");
    source.onerror = () => {
      say("Connection lost; trying again", "wait");
      if (source.readyState === EventSource.CLOSED) again = setTimeout(follow, 10000);
    };
    source.addEventListener("session", show);
    source.addEventListener("headline", (event) => {
      headline.innerHTML = event.data;
      since = event.lastEventId || since;
    });
  };

  const stop = () => {
    clearTimeout(again);
    source.close();
  };

  pause.addEventListener("click", () => {
    const paused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
    if (paused) {
      stop();
      say("Paused", "wait");
    } else {
      follow();
    }
  });
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => event.persisted && follow());

  live.hidden = false;
  document.getElementById("still").hidden = true;
  follow();
})();
