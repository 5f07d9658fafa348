// What the sidecar says, drawn anew every two seconds while somebody looks. All texts go in as text, never as HTML: some are
// words of servers that gprxy does not know.
const REFRESH_MS = 2_000;
const byId = (id) => document.getElementById(id);
const copyOf = (template) => byId(template).content.firstElementChild.cloneNode(true);

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows `text` with the colour that goes with it, or nothing. */
function show(element, text, kind = '') {
  element.hidden = !text;
  setWords(element, text ?? '');
  for (const each of ['good', 'warn', 'bad']) element.classList.toggle(each, each === kind);
}

/** Commands in quotes are set apart, as something to type. */
function setWords(element, text) {
  if (element.dataset.words === text) return;
  element.dataset.words = text;
  const parts = text.split(/("gprxy [^"]+"[.,;]?)/);
  element.replaceChildren(...parts.map((part, index) => (index % 2 ? command(part) : part)));
}

/** With the full stop behind it, so that neither stands alone. */
function command(part) {
  const [, words, after] = /^"(.*)"(.?)$/.exec(part);
  const [whole, code] = ['span', 'code'].map((name) => document.createElement(name));
  whole.className = 'command';
  code.textContent = words;
  whole.append(code, after);
  return whole;
}

/** For who hears the page: what has happened, once, and not what only grows older. */
function announce(text) {
  setText(byId('announcement'), text);
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

/** "in 42 minutes", "3 hours ago". */
function when(ms) {
  const left = ms - Date.now();
  const [unit, size] = UNITS.find(([, each]) => Math.abs(left) >= each) ?? UNITS[3];
  return relative.format(Math.trunc(left / size), unit);
}

function drawState({ state, pid, startedAt }) {
  const since = `started ${when(Date.parse(startedAt))}, process ${pid}`;
  show(byId('state'), `${state}, ${since}`, state === 'stopping' ? 'warn' : '');
  if (state === 'stopping') announce('gprxy is stopping.');
}

function drawProblems(problems) {
  byId('problems').hidden = problems.length === 0;
  drawEach(byId('problems'), problems, drawProblem);
}

function drawProblem({ profile, message, hint }) {
  const element = copyOf('problem');
  setWords(element.querySelector('strong'), `${profile ? `Profile ${profile}: ` : ''}${message}`);
  show(element.querySelector('.hint'), hint);
  return element;
}

/** Draws a list anew when it has changed: whoever selects text in it, or is at a button of it, is not disturbed otherwise. */
function drawEach(parent, items, draw) {
  const key = JSON.stringify(items);
  if (parent.dataset.drawn === key) return;
  parent.dataset.drawn = key;
  parent.replaceChildren(...items.map(draw));
}

function drawProfile(section, profile, listeners, problems) {
  const find = (selector) => section.querySelector(selector);
  setText(find('h2'), profile.name);
  drawToken(find('.token'), listeners, profile);
  drawSignIn(find, profile, listeners);
  drawEach(
    find('.listeners'),
    listeners.map(({ address, state, connections, totalConnections, spares }) => ({
      address,
      state,
      connections,
      totalConnections,
      spares,
    })),
    drawListener,
  );
  drawLastError(find('.last-error'), listeners, problems);
  find('.strings').hidden = profile.connectionStrings.length === 0;
  drawEach(find('dl'), profile.connectionStrings, (string) => drawString(string, profile.name));
}

function drawToken(element, listeners, { canSignIn }) {
  const expiresAt = expiryOf(listeners);
  if (expiresAt === undefined) return show(element, canSignIn ? 'no token used yet' : undefined);
  const isOver = expiresAt <= Date.now();
  show(element, `token ${isOver ? 'expired' : 'expires'} ${when(expiresAt)}`, isOver ? 'bad' : '');
}

function expiryOf(listeners) {
  const expiries = listeners.flatMap(({ tokenExpiresAt }) => (tokenExpiresAt ? [Date.parse(tokenExpiresAt)] : []));
  return expiries.length === 0 ? undefined : Math.max(...expiries);
}

const numbers = new Intl.NumberFormat('en');

function drawListener({ address, state, connections, totalConnections, spares }) {
  const element = copyOf('listener');
  element.querySelector('.mark').classList.add(state);
  element.querySelector('.address').textContent = address;
  const spare = spares?.waiting ? [`${spares.waiting} spare`] : [];
  const counts = [state, `${numbers.format(connections)} open`, ...spare, `${numbers.format(totalConnections)} in all`];
  element.querySelector('.counts').textContent = counts.join(' · ');
  return element;
}

function drawLastError(element, listeners, problems) {
  const errors = listeners.flatMap(({ lastError }) => lastError ?? []);
  const known = errors.filter(({ message }) => !problems.some((problem) => problem.message === message));
  const [last] = known.toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at));
  element.hidden = !last;
  if (!last) return;
  setText(element.querySelector('.age'), `Last error, ${when(Date.parse(last.at))}:`);
  setText(element.querySelector('.sqlstate'), last.code);
  setWords(element.querySelector('.message'), last.message);
  show(element.querySelector('.hint'), last.hint);
}

/** A moment after a login its success is no news. */
const NEWS_MS = 60_000;

function drawSignIn(find, { name, canSignIn, signIn }, listeners) {
  const button = find('.sign-in');
  const isUnderWay = signIn?.state === 'beginning' || signIn?.state === 'asking';
  button.hidden = !canSignIn;
  // Not "disabled", which would take the focus away from whoever has just pressed it.
  button.setAttribute('aria-disabled', String(isUnderWay));
  button.classList.toggle('first', !isUnderWay && (expiryOf(listeners) ?? Number.POSITIVE_INFINITY) <= Date.now());
  button.dataset.profile = name;
  setText(button, isUnderWay ? 'Signing in ...' : 'Sign in');
  button.setAttribute('aria-label', `${isUnderWay ? 'Signing in ...' : 'Sign in'} to ${name}`);
  drawPrompt(find, signIn?.state === 'asking' ? signIn : undefined);
  drawOutcome(find('.outcome'), name, signIn);
}

function drawOutcome(element, name, signIn) {
  const isNews = signIn?.state === 'done' && Date.now() - signIn.at < NEWS_MS;
  if (isNews) show(element, `Signed in ${when(signIn.at)}.`, 'good');
  else if (signIn?.state === 'failed') show(element, `Not signed in: ${signIn.message}. ${signIn.hint ?? ''}`, 'bad');
  else show(element);
  if (element.dataset.state === 'asking' && signIn?.state === 'done') announce(`Signed in to ${name}.`);
  if (element.dataset.state === 'asking' && signIn?.state === 'failed') announce(element.textContent);
  element.dataset.state = signIn?.state ?? '';
}

function drawPrompt(find, prompt) {
  find('.asking').hidden = !prompt;
  if (!prompt || !/^https?:$/.test(new URL(prompt.url).protocol)) return;
  const host = new URL(prompt.issuer).host;
  const joined = prompt.begunBy ? `This joins the login that process ${prompt.begunBy} has begun.` : '';
  setText(
    find('.where'),
    prompt.code ? `Sign in at ${host}, and compare the code there. ${joined}` : `Sign in at ${host}. ${joined}`,
  );
  find('.code').hidden = !prompt.code;
  setText(find('.code strong'), prompt.code ?? '');
  find('.go').href = prompt.url;
  setText(find('.go'), `Go to ${host}`);
  setText(find('.until'), `It ends ${when(prompt.expiresAt)}.`);
  if (find('.outcome').dataset.state !== 'asking') announce(find('.where').textContent);
}

function drawString({ client, text }, profile) {
  const element = copyOf('string');
  element.querySelector('dt').textContent = client;
  element.querySelector('code').textContent = text;
  element.querySelector('button').setAttribute('aria-label', `Copy for ${client}, ${profile}`);
  return element;
}

function draw({ status, profiles }) {
  setStale(false);
  show(
    byId('nothing'),
    profiles.length === 0
      ? 'No profile is served. "gprxy profiles list" says which there are; "listen" gives one an address.'
      : '',
  );
  drawState(status);
  drawProblems(status.problems);
  const main = byId('profiles');
  const known = new Map([...main.children].map((section) => [section.dataset.profile, section]));
  for (const profile of profiles) {
    const section = known.get(profile.name) ?? main.appendChild(copyOf('profile'));
    section.dataset.profile = profile.name;
    const listeners = status.listeners.filter((listener) => listener.profile === profile.name);
    drawProfile(section, profile, listeners, status.problems);
    known.delete(profile.name);
  }
  for (const gone of known.values()) gone.remove();
  // Where to go is known in a moment.
  if (profiles.some(({ signIn }) => signIn?.state === 'beginning')) setTimeout(refresh, 250);
}

async function refresh() {
  try {
    const response = await fetch('view');
    if (response.ok) return draw(await response.json());
    clearInterval(timer);
    byId('profiles').replaceChildren();
    ended('This visit is over.', 'Run "gprxy status --web" for a new link.');
  } catch {
    ended('gprxy does not answer: it has ended.', 'Run "gprxy start --detach", then "gprxy status --web".');
  }
}

/** What is shown is no longer so: it stays to be read, without pretending. */
function ended(what, hint) {
  const news = [{ message: what, hint }];
  setStale(true);
  show(byId('state'));
  drawProblems([]);
  byId('ended').hidden = false;
  drawEach(byId('ended'), news, drawProblem);
  announce(what);
}

function setStale(isStale) {
  byId('ended').hidden = !isStale;
  byId('footer').hidden = isStale;
  byId('profiles').classList.toggle('stale', isStale);
  for (const button of document.querySelectorAll('.sign-in')) button.setAttribute('aria-disabled', String(isStale));
}

async function copy(button) {
  const code = button.parentElement.querySelector('code');
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // Where the browser keeps the clipboard from pages, the keyboard has it in one more step.
    getSelection().selectAllChildren(code);
    return announce('Selected. Copy it with the keyboard.');
  }
  setText(button, 'Copied');
  announce('Copied.');
  setTimeout(() => setText(button, 'Copy'), 1_500);
}

async function signIn(button) {
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  await fetch(`sign-in/${button.dataset.profile}`, { method: 'POST', headers: { 'x-gprxy-page': '1' } }).catch(
    () => {},
  );
  await refresh();
}

document.addEventListener('click', ({ target }) => {
  const button = target.closest?.('button');
  if (button?.matches('.copy')) void copy(button);
  if (button?.matches('.sign-in')) void signIn(button);
});
document.addEventListener('visibilitychange', () => document.hidden || refresh());
const timer = setInterval(() => document.hidden || refresh(), REFRESH_MS);
void refresh();
