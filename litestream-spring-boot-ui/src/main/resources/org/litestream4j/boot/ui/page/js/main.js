// Keeps the page up to date with one database, and lets its reader choose which.

import { app, url } from './app.js';
import { address, get } from './api.js';
import { byId, choices } from './dom.js';
import { refreshFiles, startFiles } from './files.js';
import { poll } from './poll.js';
import { showReplicas, startReplicas } from './replicas.js';
import { forgetPoints, offerPoints, startRestore } from './restore.js';
import { showOff, showStatus, showTrouble } from './status.js';

const REFRESH = 2_000;
const REFRESH_NAMES = 60_000;
const MOST_DATABASES = 10_000;

const main = document.querySelector('main');
const picker = byId('database');

let namesAskedAt = -Infinity;

startFiles();
startReplicas();
startRestore();
picker.addEventListener('change', () => choose(picker.value));
app.refresh = poll(refresh, REFRESH).now;

async function refresh() {
	try {
		if (performance.now() > namesAskedAt + REFRESH_NAMES || app.database === null) {
			await refreshNames();
		}
		if (app.database === null) {
			showOff();
		} else {
			await show(app.database);
		}
	} catch (error) {
		namesAskedAt = -Infinity;
		if (error.status === 404 && app.database !== null) {
			take(null); // it is gone: whichever is there comes in its place
			app.refresh();
			return;
		}
		showTrouble(error);
		throw error;
	} finally {
		main.removeAttribute('aria-busy');
	}
}

async function refreshNames() {
	const { databases } = await get(`${address()}?limit=${MOST_DATABASES}`);
	const names = Object.keys(databases);
	namesAskedAt = performance.now();
	byId('database-picker').hidden = names.length < 2;
	choices(picker, names);
	const wanted = app.database ?? new URLSearchParams(location.search).get('database');
	const name = names.includes(wanted) ? wanted : names[0] ?? null;
	if (name !== app.database) {
		take(name);
	}
	picker.value = name ?? '';
}

function choose(name) {
	history.replaceState(null, '', `?${new URLSearchParams({ database: name })}`);
	take(name);
	app.refresh();
}

function take(name) {
	app.database = name;
	forgetPoints();
	if (name !== null) {
		refreshFiles();
	}
}

async function show(name) {
	const status = await get(url());
	if (name === app.database) { // else another one was chosen meanwhile
		showStatus(status);
		showReplicas(status.replicas);
		offerPoints(status);
	}
}
