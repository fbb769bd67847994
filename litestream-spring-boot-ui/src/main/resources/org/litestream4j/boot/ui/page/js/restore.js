// Choosing a restore point, looking at what a restore of it takes, and restoring it to a file.

import { app, url, whileBusy } from './app.js';
import { get, post, serverNow } from './api.js';
import { forgetChanges, showChanges, startChanges } from './changes.js';
import { closeCompare, compareWith, pinnedPoint, startCompare } from './compare.js';
import { busy, byId, choices, element, row, say, setText } from './dom.js';
import { refreshFiles } from './files.js';
import {
	ago, bytes, clock, duration, fileStamp, plural, position, roughClock, shortClock, utc,
} from './format.js';
import { createList } from './list.js';
import { restorePoints, transactionPoints, within } from './points.js';
import { createTimeline } from './timeline.js';

// Listings grow with the retention: not often, and the longer one takes the more rarely.
const LEAST_PAUSE = 5_000;
const LONGEST_PAUSE = 60_000;
const PAUSE_FACTOR = 20;

/** Of the names of tables, in the name of a file. */
const MOST_OF_NAMES = 60;

/** More points than this are no help on a page; older ones are left to the command line. */
const MOST_SEGMENTS = 10_000;

const message = byId('restore-message');
const picker = byId('replica');
const windows = byId('point-window');
const planned = byId('planned');
const onlyTables = byId('restore-tables');

const NOTHING = { snapshots: [], segments: [], next: null, files: [], more: false };

let listings = NOTHING;
let points = []; // oldest first
let chosen = null; // null follows the newest point
let plan = null; // what a restore would be asked for, and what it is called, while it is shown
let seen = '';
let notBefore = 0;
let loading = false;

const timeline = createTimeline(byId('track'), describe, choose);
const list = createList(byId('list'), fillRow, (place) => choose(points.length - 1 - place));

export function startRestore() {
	byId('plan').addEventListener('click', ({ target }) => busy(target, 'Looking…', look));
	byId('restore').addEventListener('click', ({ target }) => busy(target, 'Restoring…', restore));
	byId('restore-cancel').addEventListener('click', cancel);
	planned.addEventListener('keydown', ({ key }) => key === 'Escape' && cancel());
	onlyTables.addEventListener('input', showPath);
	onlyTables.addEventListener('keydown', ({ key, isComposing }) => key === 'Enter' && !isComposing && byId('restore').click());
	byId('point-older').addEventListener('click', () => choose(place() - 1));
	byId('point-newer').addEventListener('click', () => choose(place() + 1));
	startChanges();
	startCompare(() => [points, place()], draw);
	windows.addEventListener('change', show);
	picker.addEventListener('change', show);
}

/** Another database is shown from now on. */
export function forgetPoints() {
	listings = NOTHING;
	points = [];
	chosen = null;
	seen = '';
	notBefore = 0;
	closePlan();
	closeCompare();
	forgetChanges();
	say(message, '');
	byId('points-body').hidden = true;
	byId('points-empty').hidden = true;
}

/** Takes note of the current status; reads the listings anew when they can have changed. */
export async function offerPoints(status) {
	const names = Object.keys(status.replicas);
	byId('replica-picker').hidden = names.length < 2;
	choices(picker, names);
	const state = JSON.stringify(Object.values(status.replicas).map((r) => [r.position, r.txid, r.lastSnapshotAt]));
	const now = performance.now();
	if (loading || now < notBefore || (state === seen && now < notBefore + LONGEST_PAUSE)) {
		showPoint();
		return;
	}
	loading = true;
	const { database } = app;
	try {
		const ltx = Object.values(status.replicas).some(({ txid }) => typeof txid === 'number');
		const [{ snapshots }, { segments, next }, { files, more }] = await Promise.all(
			[get(url('snapshots')), get(`${url('wal')}?limit=${MOST_SEGMENTS}`),
				ltx ? get(`${url('ltx')}?limit=${MOST_SEGMENTS}`) : NOTHING]);
		if (database === app.database) {
			listings = { snapshots, segments, next, files, more };
			seen = state;
			say(message, message.dataset.from === 'listing' ? '' : message.textContent, message.dataset.kind);
			show();
		}
	} catch (error) {
		const known = Object.values(status.replicas).some(({ lastError }) => lastError && error.message.includes(lastError));
		if (error.status !== 0 && !known && database === app.database) { // else it is said above
			message.dataset.from = 'listing';
			say(message, `The restore points cannot be listed. ${error.message}`, 'error');
		}
	} finally {
		loading = false;
		notBefore = database === app.database
			? performance.now() + Math.max(LEAST_PAUSE, (performance.now() - now) * PAUSE_FACTOR) : 0;
	}
}

function show() {
	const now = serverNow();
	const { snapshots, segments, next, files, more } = listings;
	const all = files.some(({ replica }) => replica === picker.value) ? transactionPoints(files, picker.value, !more)
		: restorePoints(snapshots, segments, picker.value);
	byId('points-empty').hidden = all.length > 0;
	byId('points-body').hidden = all.length === 0;
	windows.hidden = all.length === 0 || now - all[0].time < 3_600_000;
	setText(byId('points-count'), all.length === 0 ? '' : plural(all.length, 'point'));
	byId('points-more').hidden = next === null && !more;
	if (all.length === 0) {
		points = [];
		closePlan();
		return;
	}
	const span = windows.hidden ? 'all' : windows.querySelector(':checked').value;
	points = span === 'all' ? all : within(all, Number(span), now);
	draw();
}

function draw() {
	const selected = place();
	const first = timeline.show(points, selected, serverNow(), pinnedPoint());
	setText(byId('axis-start'), roughClock(first));
	list.show(points.toReversed(), points.length - 1 - selected);
	showPoint();
}

/** The place of the chosen point; one that is gone, or was never chosen, gives way to the newest. */
function place() {
	const at = chosen === null ? -1 : points.findLastIndex((point) => key(point) === chosen);
	if (at < 0) {
		chosen = null;
	}
	return at < 0 ? points.length - 1 : at;
}

function key({ generation, index, offset, txid, createdAt }) {
	return [generation, index, offset, txid, createdAt].join();
}

function choose(at) {
	const bounded = Math.max(0, Math.min(points.length - 1, at));
	if (points.length > 0) {
		chosen = bounded === points.length - 1 ? null : key(points[bounded]);
		closePlan();
		compareWith(points[bounded]);
		draw();
	}
}

function showPoint() {
	if (points.length === 0) {
		return;
	}
	const point = points[place()];
	const clockPlace = byId('point-clock');
	setText(clockPlace, clock(point.time));
	clockPlace.dateTime = point.createdAt;
	clockPlace.title = utc(point.time);
	const age = ago(point.createdAt, serverNow());
	setText(byId('point-ago'), chosen === null ? `newest, ${age}` : age);
	setText(byId('point-position'), `${what(point)} ${position(point)}`);
	showChanges(key(point), point);
	byId('point-newer').setAttribute('aria-disabled', String(chosen === null));
	byId('point-older').setAttribute('aria-disabled', String(point === points[0]));
}

function what({ kind, txid }) {
	return kind === 'snapshot' ? 'Snapshot' : txid === undefined ? 'WAL' : 'LTX';
}

function describe(point) {
	return `${clock(point.time)}, ${ago(point.createdAt, serverNow())}${point.kind === 'snapshot' ? ', a snapshot' : ''}`;
}

function fillRow(place, point) {
	place.replaceChildren(
		element('time', { dateTime: point.createdAt, title: utc(point.time), textContent: shortClock(point.time) }),
		element('span', { className: point.kind, textContent: what(point) }),
		element('span', { className: 'number', textContent: bytes(point.size) }));
}

async function look() {
	delete message.dataset.from;
	say(message, '');
	const point = points[place()];
	try {
		const taken = await refreshFiles();
		const stem = `${app.database}-${fileStamp(point.createdAt)}`;
		const body = {
			outputPath: freeName(stem, taken),
			replica: point.replica,
			...(point.txid === undefined ? { generation: point.generation, timestamp: point.createdAt } : { txid: point.txid }),
		};
		const answer = await post(url('restore'), { ...body, dryRun: true });
		const directory = answer.outputPath.slice(0, answer.outputPath.length - body.outputPath.length);
		plan = { body, stem, taken, directory };
		byId('planned-facts').replaceChildren(
			row('State of', clock(answer.createdAt), { title: utc(answer.createdAt) }),
			row('From', `“${answer.replica}”, ${position(answer)}`),
			row('Fetches', `${bytes(answer.storedBytes)}: the snapshot and ${pieces(answer.segments, point)}`),
			row('Writes', answer.outputPath, { className: 'mono', id: 'planned-path' }));
		onlyTables.value = '';
		planned.hidden = false;
		byId('planned-title').focus();
	} catch (error) {
		say(message, `This point cannot be restored. ${error.message}`, 'error');
	}
}

function tables() {
	return onlyTables.value.split(',').map((name) => name.trim()).filter(Boolean);
}

/** A file with some tables only must not be taken for the database later: its name says so. */
function showPath() {
	if (plan !== null) {
		const { body, stem, taken, directory } = plan;
		const names = tables();
		body.outputPath = freeName(names.length === 0 ? stem : `${stem}-only-${names.join('-').slice(0, MOST_OF_NAMES)}`, taken);
		setText(byId('planned-path'), directory + body.outputPath);
	}
}

function cancel() {
	closePlan();
	byId('plan').focus();
}

function closePlan() {
	plan = null;
	planned.hidden = true;
}

async function restore() {
	const asked = plan;
	const { body } = asked;
	const only = tables();
	let again = false;
	say(message, '');
	try {
		const report = await whileBusy(byId('restore'), 'restore', 'Restoring…',
			() => post(url('restore'), only.length === 0 ? body : { ...body, tables: onlyTables.value }));
		say(message, only.length === 0 ? wholeDatabase(report, body) : someTables(report, body));
	} catch (error) {
		say(message, `Nothing was restored. ${error.message}`, 'error');
		again = only.length > 0; // a name is wrong, most likely, and the sentence has those that are right
	}
	if (plan === asked && again) {
		onlyTables.focus();
	} else if (plan === asked) {
		cancel();
	}
	await refreshFiles();
}

function wholeDatabase(report, body) {
	return `Restored ${bytes(report.bytes)} to ${body.outputPath} from ${pieces(report.segments, body)} `
		+ `in ${duration(report.durationMillis)}.`;
}

function someTables(report, { outputPath }) {
	const named = report.tables.map(({ table, rows }) => `${table} (${plural(rows, 'row')})`).join(', ');
	const dangling = report.danglingForeignKeys.map((sentence) => ` Note: ${sentence}.`).join('');
	return `Restored ${named} to ${outputPath}.${dangling}`;
}

/** What a state is made of, beside a snapshot. */
function pieces(count, { txid }) {
	return plural(count, txid === undefined ? 'segment' : 'file');
}

/** A name that says what it is of, and that nothing here has yet. */
function freeName(stem, taken) {
	const safe = stem.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '');
	let name = `${safe}.db`;
	for (let number = 2; taken.includes(name); number++) {
		name = `${safe}-${number}.db`;
	}
	return name;
}
