// Keeps an open page as the fleet is. Everything works without it.
//   [data-fig]       figures, told by the stream of /events, twice a second at most
//   [data-live]      parts that are fetched anew when the stream says that something is another, every two seconds at most
(() => {
  'use strict';
  const mark = document.getElementById('live-mark');
  if (!mark) {
    return;
  }
  const root = document.body.dataset.root || '';
  const parts = () => document.querySelectorAll('[data-live]');
  const oftenest = 2000, seldomest = 5000, stale = 6000;
  let source, lastId = '', isNewRun = false, isSignedOut = false, rev, shownRev, seen = new Date(), seenAt = performance.now(), fetchedAt = -oftenest, isFetching = false;

  // Said once when it changes: the mark is a live region.
  const say = (state, text) => {
    if (mark.dataset.state !== state || mark.textContent !== text) {
      mark.dataset.state = state;
      mark.textContent = text;
    }
  };
  const touch = () => {
    [seen, seenAt] = [new Date(), performance.now()];
    say('live', 'live');
  };
  const tellAge = () => {
    const age = Math.round((performance.now() - seenAt) / 1000);
    if (age * 1000 >= stale) {
      say('stale', `as of ${seen.toISOString().slice(11, 19)}, ${age < 120 ? `${age} s` : `${Math.round(age / 60)} min`} ago`);
    } else if (source && source.readyState !== EventSource.OPEN) {
      say('reconnecting', 'reconnecting');
    }
  };

  // What is being read, chosen, ticked or filled in is left alone.
  const isInUse = (part) => {
    const selection = document.getSelection();
    return part.contains(document.activeElement)
      || part.querySelector('input:checked')
      || (selection && !selection.isCollapsed && part.contains(selection.anchorNode));
  };

  // Every answer brings a form token of its own; the one that is there is as good, and no change. Only a process that has begun since knows none but its own.
  const alignTokens = (fresh) => {
    const [from, to] = isNewRun ? [fresh, document] : [document, fresh];
    const token = from.querySelector('input[name=__RequestVerificationToken]');
    for (const other of token ? to.querySelectorAll('input[name=__RequestVerificationToken]') : []) {
      other.setAttribute('value', token.value);
    }
    isNewRun = false;
  };

  // The session is over. What is there stays to be read, and signing in leads back to it.
  const endSession = () => {
    isSignedOut = true;
    leave();
    mark.dataset.state = 'stale';
    const link = document.createElement('a');
    [link.href, link.textContent] = [location.href, 'sign in again'];
    mark.replaceChildren(`as of ${seen.toISOString().slice(11, 19)}: signed out, `, link);
    announce('Signed out. What is shown is old.');
  };

  const refresh = async () => {
    const response = await fetch(location.href, { headers: { Accept: 'text/html' }, cache: 'no-store', redirect: 'manual' });
    if (response.type === 'opaqueredirect') {
      endSession();
      return;
    }
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    alignTokens(fresh);
    for (const part of parts()) {
      const next = fresh.getElementById(part.id);
      if (next && next.innerHTML !== part.innerHTML && !isInUse(part)) {
        part.innerHTML = next.innerHTML;
      }
    }
    const made = fresh.getElementById('made');
    if (made) {
      document.getElementById('made').innerHTML = made.innerHTML;
    }
    touch();
  };

  // One at a time, and when there is cause: something is another, or the stream is not there to say so.
  const turn = async () => {
    if (isSignedOut) {
      return;
    }
    tellAge();
    const since = performance.now() - fetchedAt;
    const isCalledFor = rev !== shownRev ? since >= oftenest : since >= seldomest;
    if (document.visibilityState !== 'visible' || isFetching || !isCalledFor || parts().length === 0) {
      return;
    }
    isFetching = true;
    const as = rev;
    try {
      await refresh();
      shownRev = as;
    } catch {
      tellAge();
    }
    [isFetching, fetchedAt] = [false, performance.now()];
  };

  const show = (snapshot) => {
    for (const place of document.querySelectorAll('[data-fig]')) {
      const text = snapshot.figures[place.dataset.fig];
      if (text !== undefined && place.textContent !== text) {
        place.textContent = text;
      }
    }
    const state = document.getElementById('fleet-state');
    if (state) {
      const sentence = state.querySelector('[data-fleet=sentence]');
      if (sentence.textContent !== snapshot.sentence) {
        sentence.textContent = snapshot.sentence;
      }
      state.className = `sentence ${snapshot.look}`;
      if (state.dataset.key !== snapshot.key) {
        state.dataset.key = snapshot.key;
        announce(snapshot.sentence);
      }
    }
    rev = snapshot.rev;
    document.dispatchEvent(new CustomEvent('fleet', { detail: snapshot }));
    touch();
  };

  const announce = (text) => {
    document.getElementById('said').textContent = text;
  };

  const hear = (event) => {
    isNewRun ||= lastId !== '' && runOf(lastId) !== runOf(event.lastEventId);
    lastId = event.lastEventId;
  };
  const runOf = (id) => id.slice(0, id.lastIndexOf('-'));

  const listen = () => {
    if (isSignedOut) {
      return;
    }
    source = new EventSource(`${root}/events${lastId ? `?after=${encodeURIComponent(lastId)}` : ''}`);
    source.addEventListener('snapshot', (event) => {
      hear(event);
      show(JSON.parse(event.data));
    });
    source.addEventListener('notice', (event) => {
      hear(event);
      announce(JSON.parse(event.data).text);
      // Shown at once, not when its turn comes.
      [shownRev, fetchedAt] = [undefined, -oftenest];
    });
    source.onerror = () => {
      tellAge();
      // Refused, and the browser does not come back by itself: the page goes on asking, and tries for a stream later.
      if (source.readyState === EventSource.CLOSED) {
        leave();
        setTimeout(() => document.visibilityState === 'visible' && !source && listen(), 10000);
      }
    };
  };
  const leave = () => {
    if (source) {
      source.close();
      source = undefined;
    }
  };

  // A browser opens six connections to a host: a page that nobody looks at keeps none of them.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') {
      if (!source) {
        listen();
      }
      turn();
    } else {
      leave();
    }
  });

  // Keys, each beside a link that does the same. g and a letter goes to a page.
  const pages = { f: '/', r: '/rabbit', s: '/scaling', k: '/kafka', i: '/instances', t: '/tasks', d: '/dead-letters', o: '/operations', a: '/audit' };
  const keys = document.getElementById('keys');
  // j and k go through the rows that lead somewhere, from link to link: Enter follows the one that has the focus.
  const links = () => [...document.querySelectorAll('main tbody tr')].filter((row) => !row.closest('details:not([open])')).map((row) => row.querySelector('a')).filter((link) => link);
  const rowInFocus = () => document.activeElement.closest('main tbody tr');
  const step = (by) => {
    const all = links();
    const row = rowInFocus();
    all[Math.max(0, all.findIndex((link) => link.closest('tr') === row) + by)]?.focus();
  };
  let isGoing = false;
  document.addEventListener('keydown', (event) => {
    const target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || target.isContentEditable || target.matches('input:not([type=checkbox]), textarea, select')) {
      return;
    }
    const themes = [...document.querySelectorAll('.theme button')];
    const link = isGoing && pages[event.key] && document.querySelector(`nav a[href="${root}${pages[event.key]}"]`);
    const isTheme = !isGoing && event.key === 't';
    isGoing = event.key === 'g';
    if (link) {
      location.href = link.href;
    } else if (isTheme) {
      themes[(themes.findIndex((theme) => theme.getAttribute('aria-pressed') === 'true') + 1) % themes.length].click();
    } else if (event.key === 'j' || event.key === 'k') {
      step(event.key === 'j' ? 1 : -1);
    } else if (event.key === 'x') {
      rowInFocus()?.querySelector('input[type=checkbox]')?.click();
    } else if (event.key === 'Escape' && !keys?.open) {
      document.activeElement.blur();
    } else if (event.key === '?' && keys) {
      keys.showModal();
    } else if (event.key === '/') {
      const search = document.querySelector('form[role=search] input, .filter input, .filter select');
      if (search) {
        event.preventDefault();
        search.focus();
      }
    }
  });
  const help = document.getElementById('show-keys');
  if (help && keys) {
    help.hidden = false;
    help.addEventListener('click', () => keys.showModal());
  }

  say('live', 'live');
  if (document.visibilityState === 'visible') {
    listen();
  }
  setInterval(turn, 500);
})();
