// Refreshes the parts marked data-live every two seconds while the page is looked at. Everything works without it.
(() => {
  'use strict';
  const mark = document.getElementById('live-mark');
  const every = 2000;
  let seen = new Date();

  const say = (state, text) => {
    if (mark) {
      mark.dataset.state = state;
      mark.textContent = text;
    }
  };

  // What is being read, chosen, ticked or filled in is left alone.
  const isInUse = (part) => {
    const selection = document.getSelection();
    return part.contains(document.activeElement)
      || part.querySelector('input:checked')
      || (selection && !selection.isCollapsed && part.contains(selection.anchorNode));
  };

  // Every answer brings a form token of its own; the one that is there is as good, and no change.
  const keepToken = (fresh) => {
    const token = document.querySelector('input[name=__RequestVerificationToken]');
    for (const other of token ? fresh.querySelectorAll('input[name=__RequestVerificationToken]') : []) {
      other.setAttribute('value', token.value);
    }
  };

  const refresh = async () => {
    const response = await fetch(location.href, { headers: { Accept: 'text/html' }, cache: 'no-store', redirect: 'error' });
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    keepToken(fresh);
    for (const part of document.querySelectorAll('[data-live]')) {
      const next = fresh.getElementById(part.id);
      if (next && next.innerHTML !== part.innerHTML && !isInUse(part)) {
        part.innerHTML = next.innerHTML;
      }
    }
    seen = new Date();
    say('live', 'live');
  };

  const turn = async () => {
    if (document.visibilityState === 'visible') {
      try {
        await refresh();
      } catch {
        say('stale', `as of ${seen.toLocaleTimeString()}`);
      }
    }
    setTimeout(turn, every);
  };

  if (document.querySelector('[data-live]')) {
    say('live', 'live');
    setTimeout(turn, every);
  }
})();
