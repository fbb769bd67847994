// One card for each replica, and what can be asked of it.

import { app, url, whileBusy } from './app.js';
import { post, serverNow } from './api.js';
import { busy, byId, fromTemplate, say, setText } from './dom.js';
import { ago, bytes, duration, utc } from './format.js';

const list = byId('replica-list');
const message = byId('replication-message');

const WORDS = {
	starting: 'Starting',
	replicating: 'Replicating',
	behind: 'Behind',
	failing: 'Failing',
	fenced: 'Taken over',
	stopped: 'Stopped',
};

export function startReplicas() {
	byId('sync-now').addEventListener('click', ({ target }) => operate(target, 'Syncing…', 'sync', {},
		() => 'Everything committed so far is in every replica.'));
	list.addEventListener('click', onClick);
}

/** Updates cards in place: a focused button must survive the next answer. */
export function showReplicas(replicas) {
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
	part('validation').title = replica.lastValidationAt ? utc(replica.lastValidationAt) : '';
	part('replica-error').hidden = !error;
	setText(part('replica-error'), error);
}

function showAge(place, time, now) {
	setText(place, time ? ago(time, now) : 'not yet');
	place.title = time ? utc(time) : '';
}

function onClick({ target }) {
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
		const { database } = app;
		say(message, '');
		try {
			const answer = await whileBusy(button, operation, label, () => post(url(operation), parameters));
			say(message, success(answer), answer.valid === false ? 'error' : 'info');
		} catch (error) {
			say(message, database === app.database ? error.message : `${database}: ${error.message}`, 'error');
		}
	});
}
