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
  setText(element, text ?? '');
  for (const each of ['good', 'warn', 'bad']) element.classList.toggle(each, each === kind);
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
  show(
    byId('state'),
    state === 'running' ? `running, ${since}` : `${state}, ${since}`,
    state === 'stopping' ? 'warn' : '',
  );
}

function drawProblems(problems) {
  byId('problems').hidden = problems.length === 0;
  drawEach(byId('problems'), problems, (problem) => {
    const element = copyOf('problem');
    const where = problem.profile ? `Profile ${problem.profile}: ` : '';
    element.querySelector('strong').textContent = `${where}${problem.message}`;
    element.querySelector('span').textContent = problem.hint ?? '';
    return element;
  });
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
  drawSignIn(find, profile);
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
  drawEach(find('dl'), profile.connectionStrings, drawString);
}

function drawToken(element, listeners, { canSignIn }) {
  const expiries = listeners.flatMap(({ tokenExpiresAt }) => tokenExpiresAt ?? []);
  if (expiries.length === 0) return show(element, canSignIn ? 'no token used yet' : ' ');
  const expiresAt = Math.max(...expiries);
  const isOver = expiresAt <= Date.now();
  show(element, `token ${isOver ? 'expired' : 'expires'} ${when(expiresAt)}`, isOver ? 'bad' : '');
}

function drawListener({ address, state, connections, totalConnections, spares }) {
  const element = copyOf('listener');
  element.querySelector('.mark').classList.add(state);
  element.querySelector('.address').textContent = address;
  const spare = spares?.waiting ? [`${spares.waiting} spare`] : [];
  const counts = [state, `${connections} open`, ...spare, `${totalConnections} in all`];
  element.querySelector('.counts').textContent = counts.join(' · ');
  return element;
}

function drawLastError(element, listeners, problems) {
  const errors = listeners.flatMap(({ lastError }) => lastError ?? []);
  const known = errors.filter(({ message }) => !problems.some((problem) => problem.message === message));
  const [last] = known.toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at));
  const hint = last?.hint ? ` ${last.hint}` : '';
  show(
    element,
    last && `Last error, ${when(Date.parse(last.at))}: ${last.code} ${last.message}.${hint}`.replace('..', '.'),
    'bad',
  );
}

function drawSignIn(find, { name, canSignIn, signIn }) {
  const button = find('.sign-in');
  const isUnderWay = signIn?.state === 'beginning' || signIn?.state === 'asking';
  button.hidden = !canSignIn;
  button.disabled = isUnderWay;
  button.dataset.profile = name;
  setText(button, isUnderWay ? 'Signing in ...' : 'Sign in');
  drawPrompt(find, signIn?.state === 'asking' ? signIn : undefined);
  if (signIn?.state === 'done') return show(find('.outcome'), `Signed in ${when(signIn.at)}.`, 'good');
  const failure = signIn?.state === 'failed' ? `${signIn.message}. ${signIn.hint ?? ''}` : undefined;
  show(find('.outcome'), failure && `Not signed in: ${failure}`, 'bad');
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
}

function drawString({ client, text }) {
  const element = copyOf('string');
  element.querySelector('dt').textContent = client;
  element.querySelector('code').textContent = text;
  element.querySelector('button').setAttribute('aria-label', `Copy for ${client}`);
  return element;
}

function draw({ status, profiles }) {
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
    stop('This visit is over. Run "gprxy status --web" for a new link.');
  } catch {
    show(
      byId('state'),
      'gprxy does not answer: it has ended. Run "gprxy start --detach", then "gprxy status --web".',
      'bad',
    );
  }
}

function stop(why) {
  clearInterval(timer);
  byId('profiles').replaceChildren();
  show(byId('state'), why, 'bad');
}

async function copy(button) {
  const text = button.parentElement.querySelector('code').textContent;
  await navigator.clipboard.writeText(text);
  setText(button, 'Copied');
  setText(byId('announcement'), 'Copied');
  setTimeout(() => setText(button, 'Copy'), 1_500);
}

async function signIn(button) {
  button.disabled = true;
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
