// Follows a run that goes on: where its steps stand, and what they print, as it comes.
//
// The server lays everything out; here text changes, and nothing that comes over the stream becomes markup.
// An entry of the run only says when to look: where it stands then, the server says in words.

const following = document.querySelector('[data-follow]');
/** Screen readers are told of output, and nobody reads faster than this. */
const restMs = 400;
/** Characters of one step's output; the whole of it is stored. */
const mostShown = 200_000;

if (following !== null) {
  follow(following.dataset.follow, following.dataset.state);
}

function follow(stream, state) {
  const events = new EventSource(stream);
  const look = inTurn(() => showState(state));
  const printed = new Map();
  const print = inTurn(() => showOutput(printed));
  events.addEventListener('open', () => tell('Followed as it goes.'));
  events.addEventListener('recorded', look);
  events.addEventListener('output', ({ data }) => {
    const { step, text } = JSON.parse(data);
    printed.set(step, ((printed.get(step) ?? '') + text).slice(-mostShown));
    print();
  });
  events.addEventListener('end', () => {
    events.close();
    look();
    tell('The run has ended; reloaded, the page has all of its output.');
  });
  events.addEventListener('error', () => {
    const isOver = events.readyState === EventSource.CLOSED;
    tell(
      isOver
        ? 'Followed no more: the session has ended, perhaps.'
        : 'Not reached just now; it tries again.',
    );
  });
  addEventListener('pagehide', () => events.close());
}

async function showState(path) {
  const answer = await fetch(path, { headers: { accept: 'application/json' } });
  if (!answer.ok) {
    return;
  }
  const { cells, waits } = await answer.json();
  for (const [name, { text, look }] of Object.entries(cells)) {
    const cell = document.querySelector(`[data-now="${CSS.escape(name)}"]`);
    if (cell !== null && cell.textContent !== text) {
      cell.textContent = text;
      cell.className = look;
    }
  }
  showWaits(waits);
}

function showWaits(waits) {
  const section = document.querySelector('[data-waits]');
  const items = waits.map(({ href, text }) => {
    const [item, link] = ['li', 'a'].map((name) => document.createElement(name));
    link.href = href;
    link.textContent = text;
    item.append(link);
    return item;
  });
  section.querySelector('ul').replaceChildren(...items);
  section.hidden = items.length === 0;
}

function showOutput(printed) {
  for (const [step, text] of printed) {
    const section = document.querySelector(`[data-output="${CSS.escape(step)}"]`);
    const place = section?.querySelector('pre');
    if (place) {
      section.hidden = false;
      place.textContent = (place.textContent + text).slice(-mostShown);
    }
  }
  printed.clear();
}

function tell(words) {
  document.querySelector('[data-following]').textContent = words;
}

/** Does it at once, and again when it was asked for meanwhile; never twice at a time. */
function inTurn(work) {
  let isAsked = false;
  let isBusy = false;
  async function goOn() {
    while (isAsked) {
      isAsked = false;
      await Promise.resolve(work()).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, restMs));
    }
    isBusy = false;
  }
  return () => {
    isAsked = true;
    if (!isBusy) {
      isBusy = true;
      void goOn();
    }
  };
}
