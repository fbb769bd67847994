// How replication stands: the verdict, the figures, one card for each replica.

import { get, post, serverNow } from './api.js';
import { busy, byId, element, fromTemplate, say, setText } from './dom.js';
import { ago, bytes, duration, full, position } from './format.js';
import { poll } from './poll.js';
import { showOperations, tellAt } from './progress.js';
import { offerRestorePoints } from './restore.js';

const ENDPOINT = 'actuator/litestream';
const REFRESH = 2_000;
const REFRESH_WHILE_BUSY = 400;

const panel = byId('replication');
const body = byId('replication-body');
const message = byId('replication-message');

const WORDS = {
	starting: 'Starting',
	replicating: 'Replicating',
	behind: 'Behind',
	failing: 'Failing',
	stopped: 'Stopped',
	off: 'Not replicated',
	unreachable: 'No answer',
	problem: 'Problem',
};

let database = null;
let polling;

export function startReplication() {
	byId('sync-now').addEventListener('click', ({ target }) => operate(target, 'Syncing…', 'sync', {},
		() => 'Everything committed so far is in every replica.'));
	byId('replica-list').addEventListener('click', onReplicaClick);
	polling = poll(refresh, REFRESH);
	// On a narrow screen the panel is below the notes: a link to it floats while it is out of sight.
	new IntersectionObserver(([{ isIntersecting }]) => byId('glance').classList.toggle('needless', isIntersecting))
		.observe(panel);
}

/** Asks more often while something that was started here runs. */
export async function whileBusy(button, operation, words, action) {
	const done = tellAt(button, operation, words);
	const asking = setInterval(() => polling.now(), REFRESH_WHILE_BUSY);
	try {
		return await action();
	} finally {
		clearInterval(asking);
		done();
		polling.now();
	}
}

async function refresh() {
	let databases;
	try {
		({ databases } = await get(ENDPOINT));
	} catch (error) {
		showTrouble(error);
		throw error;
	} finally {
		panel.removeAttribute('aria-busy');
	}
	body.classList.remove('stale');
	const [name] = Object.keys(databases);
	if (name === undefined) {
		showOff();
		return;
	}
	database = name;
	show(databases[name]);
	offerRestorePoints(`${ENDPOINT}/${encodeURIComponent(name)}`, databases[name], whileBusy);
}

function showTrouble(error) {
	if (error.status === 404) {
		showOff();
		return;
	}
	body.classList.add('stale');
	verdict('unreachable', 'No word on replication.', `${error.message} This page keeps trying.`);
}

function showOff() {
	body.hidden = true;
	verdict('off', 'Replication is off.', 'Notes are kept in this one file only. '
		+ 'Set litestream.replicas[0].url and start the application again.');
}

function verdict(state, title, detail) {
	byId('verdict').dataset.state = state;
	byId('glance').dataset.state = state;
	setText(byId('glance'), WORDS[state] ?? state);
	setText(byId('verdict-title'), title);
	setText(byId('verdict-detail'), detail);
}

function show(status) {
	body.hidden = false;
	judge(status);
	showFacts(status);
	showReplicas(status.replicas);
	showOperations(status.operations ?? [], byId('operations'));
}

function judge({ state, replicas, problem }) {
	const all = Object.entries(replicas);
	const lag = Math.max(0, ...all.map(([, replica]) => replica.lagSeconds ?? 0)) * 1000;
	const waiting = Math.max(0, ...all.map(([, replica]) => replica.lagBytes ?? 0));
	const shipped = all.map(([, replica]) => replica.lastSyncAt).filter(Boolean).sort().at(-1);
	const failing = all.filter(([, replica]) => replica.state === 'failing').map(([name]) => name);
	const when = shipped ? `Last shipped ${ago(shipped, serverNow())}.` : 'Nothing had to be shipped yet.';
	const problems = [problem, ...all.map(([, replica]) => replica.problem)].filter(Boolean);
	if (problems.length > 0) {
		verdict('problem', 'Do not rely on the backup.', [...new Set(problems)].join(' '));
		return;
	}
	const differing = all.filter(([, replica]) => replica.lastValidationOk === false).map(([name]) => `“${name}”`);
	if (differing.length > 0) {
		verdict('problem', 'Do not rely on the backup.', `The last validation of ${differing.join(' and ')} failed.`);
		return;
	}
	switch (state) {
		case 'replicating':
			verdict(state, waiting > 0 ? 'Shipping the latest changes.' : all.length > 1 ? 'Every change is in every replica.' : 'Every change is in the replica.', when);
			break;
		case 'behind':
			verdict(state, 'The replica is behind.', `By ${duration(lag)}. Waiting to be shipped: ${bytes(waiting)}.`);
			break;
		case 'failing':
			verdict(state, failing.length === 1 ? `Replica “${failing[0]}” is failing.` : 'Replicas are failing.',
				`Notes are safe in the database. Waiting to be shipped: ${bytes(waiting)}.`);
			break;
		case 'stopped':
			verdict(state, 'Replication has stopped.', when);
			break;
		default:
			verdict(state, 'Replication is starting.', 'The first snapshot is on its way.');
	}
}

function showFacts(status) {
	const facts = [
		['Database', bytes(status.databaseSize ?? 0)],
		['WAL', bytes(status.walSize ?? 0)],
		['Shadow WAL', bytes(status.shadowWalSize ?? 0)],
	].map(([term, value]) => element('div', {}, element('dt', { textContent: term }),
		element('dd', { textContent: value })));
	const where = element('dd', {
		className: 'position mono', textContent: status.position ? position(status.position) : 'not known yet',
	});
	byId('facts').replaceChildren(element('div', { className: 'whole' },
		element('dt', { textContent: 'Position' }), where), ...facts);
}

/** Updates cards in place: a focused button must survive the next answer. */
function showReplicas(replicas) {
	const list = byId('replica-list');
	const cards = new Map([...list.children].map((card) => [card.dataset.name, card]));
	const said = new Map();
	for (const [name, replica] of Object.entries(replicas)) {
		const card = cards.get(name) ?? list.appendChild(replicaCard(name));
		cards.delete(name);
		fillCard(card, replica, trouble(name, replica, said));
	}
	for (const gone of cards.values()) {
		gone.remove();
	}
}

/** What is wrong with a replica and was not said of one before it. */
function trouble(name, { lastError, problem }, said) {
	// A problem is said by the verdict.
	if (!lastError || lastError === problem) {
		return '';
	}
	if (said.has(lastError)) {
		return `As “${said.get(lastError)}”.`;
	}
	said.set(lastError, name);
	return lastError;
}

function replicaCard(name) {
	const card = fromTemplate('replica-template');
	card.dataset.name = name;
	setText(card.querySelector('.replica-name'), name);
	card.querySelector('.take-snapshot').setAttribute('aria-label', `Take a snapshot on replica ${name}`);
	card.querySelector('.validate').setAttribute('aria-label', `Validate replica ${name}`);
	return card;
}

function fillCard(card, replica, error) {
	const part = (name) => card.querySelector(`.${name}`);
	const now = serverNow();
	part('state').dataset.state = replica.state;
	setText(part('state'), WORDS[replica.state] ?? replica.state);
	setText(part('replica-url'), replica.url);
	setText(part('lag'), replica.lagBytes > 0
		? `${duration((replica.lagSeconds ?? 0) * 1000)}, ${bytes(replica.lagBytes)}` : 'none');
	showAge(part('shipped'), replica.lastSyncAt, now);
	showAge(part('snapshot'), replica.lastSnapshotAt, now);
	const differs = replica.lastValidationOk === false;
	part('validation').classList.toggle('bad', differs);
	setText(part('validation'), replica.lastValidationAt
		? `${differs ? 'failed' : 'identical'}, ${ago(replica.lastValidationAt, now)}` : 'not yet');
	part('validation').title = replica.lastValidationAt ? full(replica.lastValidationAt) : '';
	part('replica-error').hidden = !error;
	setText(part('replica-error'), error);
}

function showAge(place, time, now) {
	setText(place, time ? ago(time, now) : 'not yet');
	place.title = time ? full(time) : '';
}

function onReplicaClick({ target }) {
	const replica = target.closest('.replica')?.dataset.name;
	if (target.matches('.take-snapshot')) {
		operate(target, 'Taking…', 'snapshot', { replica }, () => `A snapshot was written to “${replica}”.`);
	} else if (target.matches('.validate')) {
		operate(target, 'Validating…', 'validate', { replica }, (answer) => judgement(replica, answer));
	}
}

function judgement(replica, { valid, results: [{ error }] }) {
	if (valid) {
		return `A restore of “${replica}” is identical to the database, byte for byte.`;
	}
	return error ? `“${replica}” could not be restored. ${error}`
		: `A restore of “${replica}” differs from the database. The log says where.`;
}

function operate(button, label, operation, parameters, success) {
	return busy(button, label, async () => {
		try {
			const answer = await whileBusy(button, operation, label,
				() => post(`${ENDPOINT}/${encodeURIComponent(database)}/${operation}`, parameters));
			say(message, success(answer), answer.valid === false ? 'error' : 'info');
		} catch (error) {
			say(message, error.message, 'error');
		}
	});
}
