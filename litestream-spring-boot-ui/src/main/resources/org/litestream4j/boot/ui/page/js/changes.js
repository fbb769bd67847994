// What the chosen point changed. How many transactions it has, the server knows when it has fetched the point from the
// replica: that is asked for when the choice has rested for a moment. Which tables they touched takes a restore of the
// state before: that is asked for by a button only.

import { app, url, whileBusy } from './app.js';
import { get, patient } from './api.js';
import { busy, byId, setText } from './dom.js';
import { plural } from './format.js';

const REST = 400;
const MOST_NAMED = 6;

const place = byId('point-changes');
const more = byId('point-tables');

let known = new Map(); // words by point, which never changes
let timer;
let shown = null;
let point = null;
let able = true; // false once a server has said that it cannot tell

export function startChanges() {
	more.addEventListener('click', () => busy(more, 'Looking…', () => whileBusy(more, 'log', 'Looking…',
		() => ask(shown, point, { tables: true }, patient))));
}

/** Says what a point changed, as soon as that is known. */
export function showChanges(key, newPoint) {
	if (key === shown) {
		return;
	}
	shown = key;
	point = newPoint;
	clearTimeout(timer);
	setText(place, known.get(key) ?? '');
	// what led to a snapshot cannot be told
	const tellable = able && point.kind !== 'snapshot';
	more.hidden = !tellable || known.has(`${key} tables`);
	if (tellable && !known.has(key)) {
		timer = setTimeout(() => ask(key, point, {}), REST);
	}
}

export function forgetChanges() {
	clearTimeout(timer);
	known = new Map();
	shown = null;
	point = null;
	setText(place, '');
}

/** Of an LTX replica the times of listings may be later than those of commits, but transactions are numbered. */
function bound({ txid, createdAt }) {
	return txid === undefined ? { to: createdAt } : { before: (txid + 1).toString(16).padStart(16, '0') };
}

async function ask(key, wanted, options, patience) {
	const { database } = app;
	try {
		const query = new URLSearchParams({ replica: wanted.replica, ...bound(wanted), limit: 1, ...options });
		const { points: [found] } = await get(`${url('log')}?${query}`, patience);
		if (database === app.database && found !== undefined) {
			tell(key, describe(found), options.tables);
		}
	} catch (error) {
		able = able && error.status !== 404;
		more.hidden = more.hidden || !able;
		if (options.tables && key === shown) {
			setText(place, `The tables cannot be told. ${error.message}`);
		} // else a point that cannot be read says so when it is restored
	}
}

function tell(key, words, tables) {
	if (tables || !known.has(`${key} tables`)) {
		known.set(key, words);
	}
	if (tables) {
		known.set(`${key} tables`, words);
	}
	if (key === shown) {
		setText(place, known.get(key));
		more.hidden = known.has(`${key} tables`);
	}
}

function describe({ transactions, pages, changes }) {
	const counts = [[transactions, 'transaction'], [pages, 'page']]
		.filter(([count]) => typeof count === 'number')
		.map(([count, one]) => plural(count, one));
	const objects = (changes ?? []).filter(({ name }) => name);
	const named = objects.slice(0, MOST_NAMED).map(describeObject);
	if (objects.length > MOST_NAMED) {
		named.push(`${plural(objects.length - MOST_NAMED, 'other')}`);
	}
	const touched = changes && named.length === 0 ? ['no table'] : named;
	return [counts.join(', '), touched.join('; ')].filter(Boolean).join(': ');
}

function describeObject({ type, name, kind, inserted, updated, deleted }) {
	const rows = [[inserted, 'inserted'], [updated, 'updated'], [deleted, 'deleted']]
		.filter(([count]) => count > 0)
		.map(([count, what]) => `${count.toLocaleString()} ${what}`);
	if (kind && kind.toLowerCase() !== 'changed') {
		rows.unshift(kind.toLowerCase());
	}
	return [`${type} ${name}`, rows.join(', ')].filter(Boolean).join(' ');
}
