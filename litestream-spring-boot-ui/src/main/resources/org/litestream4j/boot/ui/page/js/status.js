// How the backup stands: the verdict and the figures.

import { serverNow } from './api.js';
import { byId, row, setText } from './dom.js';
import { ago, bytes, duration, position } from './format.js';
import { showOperations } from './progress.js';

const body = byId('body');

export function showTrouble(error) {
	if (error.status === 404) {
		showOff();
		return;
	}
	body.classList.add('stale');
	verdict('unreachable', 'No word on the backup.', `${error.message} This page keeps trying.`);
}

export function showOff() {
	body.hidden = true;
	verdict('off', 'Nothing is backed up.', 'No database is being replicated. '
		+ 'Set litestream.replicas[0].url and start the application again.');
}

export function showStatus(status) {
	body.hidden = false;
	body.classList.remove('stale');
	judge(status);
	showFacts(status);
	showOperations(status.operations ?? [], byId('operations'));
}

function verdict(state, title, detail) {
	byId('verdict').dataset.state = state;
	setText(byId('verdict-title'), title);
	setText(byId('verdict-detail'), detail);
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
	const fenced = all.filter(([, replica]) => replica.state === 'fenced');
	if (fenced.length > 0) {
		const owner = fenced.map(([, replica]) => replica.ownership?.owner).find(Boolean);
		verdict('fenced', 'Another instance has taken the replica over.',
			`${owner ? `It is ${owner}’s now. ` : ''}What is written here is in no replica: stop one of the two.`);
		return;
	}
	switch (state) {
		case 'replicating':
			verdict(state, waiting > 0 ? 'Shipping the latest changes.'
				: `Every change is in ${all.length > 1 ? 'every' : 'the'} replica.`, when);
			break;
		case 'behind':
			verdict(state, 'The replica is behind.', `By ${duration(lag)}. Waiting to be shipped: ${bytes(waiting)}.`);
			break;
		case 'failing':
			verdict(state, failing.length === 1 ? `Replica “${failing[0]}” is failing.` : 'Replicas are failing.',
				`Commits are safe in the database. Waiting to be shipped: ${bytes(waiting)}.`);
			break;
		case 'stopped':
			verdict(state, 'Replication has stopped.', when);
			break;
		default:
			verdict(state, 'Replication is starting.', 'The first snapshot is on its way.');
	}
}
function showFacts(status) {
	byId('facts').replaceChildren(
		row('File', status.path, { className: 'mono' }),
		row('Position', status.position ? position(status.position) : 'not known yet', { className: 'position mono' }),
		row('Size', bytes(status.databaseSize ?? 0)),
		row('WAL', bytes(status.walSize ?? 0)),
		row('Shadow WAL', bytes(status.shadowWalSize ?? 0)));
}
