// The files that were restored since the application started: to download, or to remove.

import { app, url } from './app.js';
import { get, remove } from './api.js';
import { byId, fromTemplate, say, setText } from './dom.js';
import { bytes, clock, utc } from './format.js';

const list = byId('restored-list');
const message = byId('restored-message');

export function startFiles() {
	list.addEventListener('click', onClick);
}

/** Asks for them anew, and answers their names. */
export async function refreshFiles() {
	const { database } = app;
	const { restored } = await get(url('restored')).catch(() => ({ restored: [] }));
	if (database === app.database) {
		byId('restored').hidden = restored.length === 0;
		list.replaceChildren(...restored.map(item));
	}
	return restored.map(({ name }) => name);
}

function item({ name, bytes: size, createdAt }) {
	const shown = fromTemplate('restored-template');
	const link = shown.querySelector('.download');
	const meta = shown.querySelector('.restored-meta');
	shown.dataset.name = name;
	setText(shown.querySelector('.restored-name'), name);
	setText(meta, `${bytes(size)}, written ${clock(createdAt)}`);
	meta.title = utc(createdAt);
	link.href = url('restored', name);
	link.download = name;
	link.setAttribute('aria-label', `Download ${name}`);
	shown.querySelector('.remove').setAttribute('aria-label', `Remove ${name}`);
	return shown;
}

async function onClick({ target }) {
	if (!target.matches('.remove')) {
		return;
	}
	const { name } = target.closest('li').dataset;
	try {
		await remove(url('restored', name));
		say(message, `${name} was removed. Restore the point again to have it back.`);
	} catch (error) {
		say(message, `${name} was not removed. ${error.message}`, 'error');
	}
	await refreshFiles();
	byId('plan').focus();
}
