// What differs between two points: one that was pinned, and one that was chosen since.

import { url, whileBusy } from './app.js';
import { post } from './api.js';
import { busy, byId, element, say, setText } from './dom.js';
import { clock, plural, utc } from './format.js';

const panel = byId('compare');
const title = byId('compare-title');
const result = byId('compare-result');
const message = byId('compare-message');

let pinned = null; // a point
let other = null; // another one

/** @param points gives the points, oldest first, and the place of the chosen one */
export function startCompare(points, redraw) {
	byId('compare-open').addEventListener('click', () => {
		const [all, place] = points();
		pinned = all[place];
		other = place === all.length - 1 ? all[place - 1] ?? null : all.at(-1);
		panel.hidden = false;
		clear();
		describe();
		redraw();
		title.focus();
	});
	byId('compare-run').addEventListener('click', ({ target }) => busy(target, 'Comparing…', () => {
		const [from, to] = ends();
		return run(target, state(from), state(to));
	}));
	byId('compare-live').addEventListener('click', ({ target }) => busy(target, 'Comparing…',
		() => run(target, state(pinned), 'database')));
	byId('compare-close').addEventListener('click', () => {
		closeCompare();
		redraw();
		byId('compare-open').focus();
	});
}

export function closeCompare() {
	pinned = null;
	other = null;
	panel.hidden = true;
}

/** The point that stays while another one is chosen. */
export function pinnedPoint() {
	return pinned;
}

/** Another point was chosen: that is the one to compare with. */
export function compareWith(point) {
	if (pinned !== null && point !== pinned && point !== other) {
		other = point;
		clear();
		describe();
	}
}

function clear() {
	result.replaceChildren();
	say(message, '');
}

function ends() {
	return other === null ? [pinned, pinned] : [pinned, other].sort((a, b) => a.time - b.time);
}

function state({ txid, createdAt }) {
	return txid === undefined ? createdAt : `txid:${txid.toString(16)}`;
}

function describe() {
	const [from, to] = ends();
	for (const [id, point] of [['compare-from', from], ['compare-to', to]]) {
		const place = byId(id);
		setText(place, clock(point.time));
		place.dateTime = point.createdAt;
		place.title = utc(point.time);
	}
}

async function run(button, from, to) {
	const asked = [pinned, other];
	clear();
	say(message, to === 'database' ? `What has changed since ${clock(pinned.time)}: that state is being restored to be compared.`
		: 'Both states are being restored to be compared.');
	try {
		const answer = await whileBusy(button, 'diff', 'Comparing…',
			() => post(url('diff'), { replica: pinned.replica, from, to }));
		if (pinned === asked[0] && other === asked[1]) {
			say(message, `${to === 'database' ? `Since ${clock(pinned.time)}` : 'Between the two'}: ${verdict(answer)}`);
			result.replaceChildren(...table(answer), ...schema(answer));
		}
	} catch (error) {
		say(message, `They could not be compared. ${error.message}`, 'error');
	}
}

function verdict({ equal, tables, schema: changes }) {
	if (equal) {
		return 'the two states are equal.';
	}
	const differing = tables.filter(({ added, removed, changed }) => added || removed || changed).length;
	const parts = [
		...(differing > 0 ? [`rows of ${plural(differing, 'table')}`] : []),
		...(changes?.length > 0 ? [`${plural(changes.length, 'definition')} in the schema`] : [])];
	return parts.length > 0 ? `different are ${parts.join(', and ')}.` : 'the two states differ.';
}

function table({ tables }) {
	if (tables.length === 0) {
		return [];
	}
	const head = ['Table', 'Added', 'Removed', 'Changed'].map((text, at) => element('th', {
		scope: 'col', textContent: text, className: at > 0 ? 'number' : '',
	}));
	const rows = tables.map(({ table: name, added, removed, changed, keyedBy, note }) => element('tr', {},
		element('th', { scope: 'row' }, name, ...(note ? [element('span', { className: 'quiet small', textContent: note })]
			: keyedBy?.length > 0 ? [element('span', { className: 'quiet small', textContent: `by ${keyedBy.join(', ')}` })] : [])),
		...[added, removed, changed].map((count) => element('td', {
			className: 'number', textContent: typeof count === 'number' ? count.toLocaleString() : '–',
		}))));
	return [element('table', {},
		element('caption', { className: 'unseen', textContent: 'Rows that differ, by table' }),
		element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...rows))];
}

function schema({ schema: changes }) {
	return changes?.length > 0 ? [element('ul', { className: 'schema small' },
		...changes.map(({ change, type, name }) => element('li', { textContent: `${type} ${name} ${change}` })))] : [];
}
