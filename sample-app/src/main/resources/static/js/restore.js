// Choosing a restore point, restoring it to a file, and the files that came of it.

import { get, post, remove, serverNow } from './api.js';
import { busy, byId, element, fromTemplate, say, setText } from './dom.js';
import { ago, bytes, clock, duration, fileStamp, plural, position } from './format.js';
import { restorePoints, within } from './points.js';
import { createTimeline } from './timeline.js';

// Listings grow with the retention: not often, and the longer one takes the more rarely.
const LEAST_PAUSE = 5_000;
const LONGEST_PAUSE = 60_000;
const PAUSE_FACTOR = 20;

/** More points than this are no help on a slider; older ones are left to the command line. */
const MOST_SEGMENTS = 10_000;

const FILES = 'api/restores';
const message = byId('restore-message');
const picker = byId('timeline-replica-select');
const windows = byId('timeline-window');

let endpoint;
let whileBusy;
let listings = { snapshots: [], segments: [], next: null };
let points = [];
let chosen = null; // null follows the newest point
let seen = '';
let notBefore = 0;
let loading = false;

const timeline = createTimeline(byId('timeline-track'), describe, (point, place) => {
	chosen = place === points.length - 1 ? null : point.createdAt;
	showPoint(point);
});

export function startRestore() {
	byId('restore').addEventListener('click', ({ target }) => busy(target, 'Restoring…', restore));
	byId('point-older').addEventListener('click', () => timeline.step(-1));
	byId('point-newer').addEventListener('click', () => timeline.step(1));
	windows.addEventListener('change', show);
	picker.addEventListener('change', show);
	byId('restored-list').addEventListener('click', onFileClick);
	refreshFiles();
}

/** Takes note of the current status; reads the listings anew when they can have changed. */
export async function offerRestorePoints(url, status, runner) {
	endpoint = url;
	whileBusy = runner;
	showReplicaNames(Object.keys(status.replicas));
	const state = JSON.stringify(Object.values(status.replicas).map((r) => [r.position, r.lastSnapshotAt]));
	const now = performance.now();
	if (loading || now < notBefore || (state === seen && now < notBefore + LONGEST_PAUSE)) {
		refreshPoint();
		return;
	}
	loading = true;
	try {
		const [{ snapshots }, { segments, next }] = await Promise.all(
			[get(`${url}/snapshots`), get(`${url}/wal?limit=${MOST_SEGMENTS}`)]);
		listings = { snapshots, segments, next };
		seen = state;
		say(message, message.dataset.from === 'listing' ? '' : message.textContent, message.dataset.kind);
		show();
	} catch (error) {
		const known = Object.values(status.replicas).some(({ lastError }) => lastError && error.message.includes(lastError));
		if (error.status !== 0 && !known) { // else it is said above
			message.dataset.from = 'listing';
			say(message, `The restore points cannot be listed. ${error.message}`, 'error');
		}
	} finally {
		loading = false;
		notBefore = performance.now() + Math.max(LEAST_PAUSE, (performance.now() - now) * PAUSE_FACTOR);
	}
}

function showReplicaNames(names) {
	byId('timeline-replica').hidden = names.length < 2;
	if (names.join() !== [...picker.options].map(({ value }) => value).join()) {
		picker.replaceChildren(...names.map((name) => element('option', { value: name, textContent: name })));
	}
}

function show() {
	const now = serverNow();
	const all = restorePoints(listings.snapshots, listings.segments, picker.value);
	byId('timeline-empty').hidden = all.length > 0;
	byId('timeline-body').hidden = all.length === 0;
	windows.hidden = all.length === 0 || now - all[0].time < 3_600_000;
	if (all.length === 0) {
		return;
	}
	const span = windows.hidden ? 'all' : windows.querySelector(':checked').value;
	points = span === 'all' ? all : within(all, Number(span), now);
	const place = points.findIndex(({ createdAt }) => createdAt === chosen);
	if (place < 0) {
		chosen = null;
	}
	const selected = place < 0 ? points.length - 1 : place;
	setText(byId('axis-start'), clock(timeline.show(points, selected, now)));
	byId('timeline-more').hidden = listings.next === null;
	showPoint(points[selected]);
}

function current() {
	return points.find(({ createdAt }) => createdAt === chosen) ?? points.at(-1);
}

function refreshPoint() {
	if (points.length > 0) {
		showPoint(current());
	}
}

function showPoint(point) {
	const now = serverNow();
	setText(byId('point-clock'), clock(point.time));
	setText(byId('point-ago'), chosen === null ? `newest, ${ago(point.createdAt, now)}` : ago(point.createdAt, now));
	setText(byId('point-position'), `${point.kind === 'snapshot' ? 'Snapshot' : 'WAL segment'} ${position(point)}`);
	byId('point-newer').setAttribute('aria-disabled', String(chosen === null));
	byId('point-older').setAttribute('aria-disabled', String(point === points[0]));
}

function describe(point) {
	const now = serverNow();
	return `${clock(point.time)}, ${ago(point.createdAt, now)}${point.kind === 'snapshot' ? ', a snapshot' : ''}`;
}

async function restore() {
	const { replica, generation, createdAt } = current();
	delete message.dataset.from;
	say(message, '');
	try {
		const outputPath = freeName(`notes-${fileStamp(createdAt)}`, await get(FILES));
		const report = await whileBusy(byId('restore'), 'restore', 'Restoring…',
			() => post(`${endpoint}/restore`, { outputPath, replica, generation, timestamp: createdAt }));
		say(message, `Restored ${bytes(report.bytes)} from ${plural(report.segments, 'segment')} `
			+ `in ${report.durationMillis < 1000 ? `${report.durationMillis} ms` : duration(report.durationMillis)}.`);
	} catch (error) {
		say(message, `Nothing was restored. ${error.message}`, 'error');
	}
	await refreshFiles();
}

function freeName(stem, files) {
	const taken = new Set(files.map(({ name }) => name));
	let name = `${stem}.db`;
	for (let number = 2; taken.has(name); number++) {
		name = `${stem}-${number}.db`;
	}
	return name;
}

async function refreshFiles() {
	const files = await get(FILES).catch(() => []);
	byId('restored').hidden = files.length === 0;
	byId('restored-list').replaceChildren(...files.map((file) => {
		const item = fromTemplate('restored-template');
		const link = item.querySelector('.download');
		item.dataset.name = file.name;
		setText(item.querySelector('.restored-name'), file.name);
		setText(item.querySelector('.restored-meta'), `${bytes(file.bytes)}, restored ${clock(file.createdAt)}`);
		link.href = `${FILES}/${encodeURIComponent(file.name)}`;
		link.setAttribute('aria-label', `Download ${file.name}`);
		item.querySelector('.remove').setAttribute('aria-label', `Remove ${file.name}`);
		return item;
	}));
}

async function onFileClick({ target }) {
	if (!target.matches('.remove')) {
		return;
	}
	const { name } = target.closest('li').dataset;
	try {
		await remove(`${FILES}/${encodeURIComponent(name)}`);
		say(message, `${name} was removed. Restore the point again to have it back.`);
	} catch (error) {
		say(message, `${name} was not removed. ${error.message}`, 'error');
	}
	await refreshFiles();
	byId('restore').focus();
}
