// What pages do in the browser: times of the viewer's zone, counters, live parts, and forms that answer in place. Every
// page works without it.

const main = document.getElementById('main');
const base = document.baseURI;
const pad = number => String(number).padStart(2, '0');

/** A time as the viewer's clock shows it: only the time when it is today. */
function localText(at) {
  const time = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return at.toDateString() === new Date().toDateString() ? time : `${day} ${time}`;
}

function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`;
}

/** Shows the times and the counters below an element. */
function showTimes(within) {
  for (const time of within.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.textContent = localText(at);
  }
  count(within);
}

/** Counters: data-since counts up from a time, data-until counts down to one. */
function count(within) {
  const now = Date.now();
  for (const one of within.querySelectorAll('[data-since]')) one.textContent = duration(now - Date.parse(one.dataset.since));
  for (const one of within.querySelectorAll('[data-until]')) one.textContent = duration(Date.parse(one.dataset.until) - now);
}

/** What a person reads in a part. */
const plain = part => part.textContent.replace(/\s+/g, ' ').trim();

/** Puts a part among those of its container: before the first one that has a greater data-order, or at the end. */
function place(part) {
  const into = document.getElementById(part.dataset.into);
  const order = one => one.dataset.order + one.id;
  const next = (part.dataset.order && [...into.children].find(one => order(one) > order(part))) ?? null;
  if (part.parentElement !== into || (part.dataset.order && part.nextElementSibling !== next)) into.insertBefore(part, next);
}

/** Puts a part of the page in the place of the old one, and keeps the focus. */
function put(html) {
  const made = document.createElement('template');
  made.innerHTML = html;
  for (const part of [...made.content.children]) {
    const old = document.getElementById(part.id);
    const focused = old?.contains(document.activeElement) ? document.activeElement : null;
    if (focused && /^(INPUT|TEXTAREA|SELECT)$/.test(focused.tagName)) continue; // somebody types there
    const open = old ? [...old.querySelectorAll('details[open][id]')].map(one => one.id) : [];
    if (old) old.replaceWith(part);
    if (document.getElementById(part.dataset.into)) place(part);
    for (const id of open) document.getElementById(id)?.setAttribute('open', '');
    if (focused?.id) document.getElementById(focused.id)?.focus();
    // The same button about another payment is another button: the focus does not go there.
    else if (focused?.name) [...part.querySelectorAll('button')]
      .find(one => one.name === focused.name && one.value === focused.value)?.focus();
    showTimes(part);
    if (part.dataset.title) document.title = part.dataset.title;
    if (old && plain(old) !== plain(part)) part.classList.add('fresh');
  }
}

/** Removes the parts that are not among all that there are. */
function keepOnly(ids) {
  const known = new Set(ids.split(' '));
  for (const part of document.querySelectorAll('[data-into]')) if (!known.has(part.id)) part.remove();
}

/**
 * Shows what changes. A browser has few connections to a node for all of its tabs, so a tab that is not seen has none. The
 * node says something every two seconds: silence means that the connection is lost, even if it looks open.
 */
function watch(path) {
  const silence = 7000;
  let stream, heard;
  const hear = () => { heard = Date.now(); main.classList.remove('lost'); };
  const on = (event, act) => stream.addEventListener(event, message => { hear(); act(message.data); });

  function open() {
    stream?.close();
    stream = new EventSource(new URL(path, base));
    heard = Date.now();
    on('ping', () => {});
    on('put', put);
    on('gone', id => document.getElementById(id)?.remove());
    on('only', keepOnly);
    stream.addEventListener('error', () => {
      main.classList.add('lost');
      if (stream.readyState === EventSource.CLOSED) askWhy(path);
    });
  }

  setInterval(() => {
    if (document.hidden || Date.now() - heard < silence) return;
    main.classList.add('lost');
    open();
  }, 1000);
  document.addEventListener('visibilitychange', () => document.hidden ? stream.close() : open());
  if (!document.hidden) open();
}

/** After a refusal the browser does not connect again: the session may be over. */
async function askWhy(path) {
  const answer = await fetch(new URL(path, base), { headers: { Accept: 'application/json' }, signal: AbortSignal.timeout(5000) })
    .catch(() => null);
  answer?.body?.cancel();
  if (answer?.status === 401) location.assign(new URL(`sign-in?to=${encodeURIComponent(location.href.slice(base.length))}`, base));
}

function refuse(text) {
  document.getElementById('refusal-text').textContent = text;
  document.getElementById('refusal').showModal();
}

/** How long a form may take, in milliseconds: a node answers earlier, and what is sent later would surprise. */
const patience = 15000;

/** Sends a form and stays on the page when it is refused. */
async function send(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  const buttons = [...document.querySelectorAll('button')].filter(one => one.form === form);
  for (const one of buttons) one.disabled = true;
  try {
    const answer = await fetch(button?.getAttribute('formaction') ? new URL(button.getAttribute('formaction'), base) : form.action,
      { method: 'POST', body, headers: { Accept: 'application/json' }, signal: AbortSignal.timeout(patience) });
    const told = await answer.json();
    if (!answer.ok) refuse([told.detail, ...(told.fields ?? []).map(field => `${field.name} ${field.message}`)].join('\n'));
    else if (new URL(told.to, base).href === location.href) location.reload();
    else location.assign(new URL(told.to, base));
  } catch {
    refuse('Fleet did not answer. It is not known whether this was done. Look before you repeat it.');
  } finally {
    for (const one of buttons) one.disabled = false;
  }
}

document.addEventListener('submit', event => {
  const form = event.target;
  if (form.method !== 'post' || form.dataset.page !== undefined) return;
  event.preventDefault();
  send(form, event.submitter);
});

document.addEventListener('click', event => {
  const copy = event.target.closest?.('[data-copy]');
  if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => { copy.textContent = 'Copied'; });
});

// One key goes to an element: data-key="/" is the search.
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select, dialog')) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  target.focus();
  if (target.matches('a, button')) target.click();
});

// The search reads times of the viewer's zone, in minutes from UTC.
for (const zone of document.querySelectorAll('[data-zone]')) {
  zone.value = String(-new Date().getTimezoneOffset());
  zone.disabled = false;
}

showTimes(document);
setInterval(() => count(document), 1000);
if (main?.dataset.live) watch(main.dataset.live);

// A form, or a button of it, may ask before it acts; data-sure is the question.
document.addEventListener('submit', event => {
  const question = event.submitter?.dataset.sure ?? event.target.dataset.sure;
  if (!question || confirm(question)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// A form that was sent has used its key: a page that comes back from the browser's memory is loaded again.
addEventListener('pageshow', event => {
  if (event.persisted) location.reload();
});
