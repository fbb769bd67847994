// The notes: writing, reading, deleting.

import { get, post, put, remove, serverNow } from './api.js';
import { busy, byId, fromTemplate, offer, say, setText } from './dom.js';
import { ago, full, plural } from './format.js';
import { poll } from './poll.js';

const PAGE = 50;
const REFRESH = 10_000;
const LONG_TEXT = 900;
const LONG_LINES = 10;

const list = byId('note-list');
const message = byId('notes-message');
const input = byId('note-text');
const composer = byId('composer');
const addButton = composer.querySelector('button');

let shown = PAGE;
let known = null;

export function startNotes() {
	composer.addEventListener('submit', (event) => {
		event.preventDefault();
		busy(addButton, 'Adding…', add);
	});
	input.addEventListener('keydown', (event) => {
		if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
			event.preventDefault();
			composer.requestSubmit();
		}
	});
	byId('older-notes').addEventListener('click', () => {
		shown += PAGE;
		refresh();
	});
	list.addEventListener('click', onListClick);
	poll(refresh, REFRESH);
	setInterval(refreshAges, REFRESH);
}

async function refresh() {
	try {
		const [notes, { count }] = await Promise.all([get(`api/notes?limit=${shown}`), get('api/notes/count')]);
		render(notes, count);
		if (message.dataset.from === 'refresh') {
			say(message, '');
		}
	} catch (error) {
		if (message.dataset.kind !== 'error') { // else something else has failed, and that is worth more
			say(message, `The notes cannot be read. ${error.message}`, 'error');
			message.dataset.from = 'refresh';
		}
		throw error;
	}
}

async function add() {
	try {
		const note = await post('api/notes', { text: input.value });
		composer.reset();
		tell('');
		list.prepend(noteItem(note));
		list.firstElementChild.classList.add('new');
		byId('notes-empty').hidden = true;
		await refresh().catch(() => {}); // says so itself
	} catch (error) {
		tell(`The note was not added. ${error.message}`, 'error');
	}
}

async function onListClick(event) {
	const item = event.target.closest('.note');
	if (event.target.matches('.expand')) {
		const folded = item.classList.toggle('folded');
		event.target.setAttribute('aria-expanded', String(!folded));
		setText(event.target, folded ? 'Show all' : 'Show less');
	} else if (event.target.matches('.delete')) {
		await deleteNote(item);
	}
}

async function deleteNote(item) {
	const note = {
		id: item.dataset.id,
		text: item.querySelector('.note-text').textContent,
		createdAt: item.querySelector('time').dateTime,
	};
	try {
		await remove(`api/notes/${note.id}`);
		tell('');
		offer(message, 'Note deleted. A restore point from before still has it.', 'Undo', () => undelete(note));
	} catch (error) {
		if (error.status !== 404) {
			tell(`The note was not deleted. ${error.message}`, 'error');
			return;
		}
		tell('That note was gone already.');
	}
	const next = item.nextElementSibling ?? item.previousElementSibling;
	(next?.querySelector('.delete') ?? byId('notes-heading')).focus();
	item.remove();
	await refresh().catch(() => {});
}

async function undelete({ id, text, createdAt }) {
	try {
		await put(`api/notes/${id}`, { text, createdAt });
		tell('The note is back.');
	} catch (error) {
		tell(`The note is not back. ${error.message}`, 'error');
	}
	await refresh().catch(() => {});
	(list.querySelector(`[data-id="${id}"] .delete`) ?? byId('notes-heading')).focus();
}

function tell(text, kind) {
	delete message.dataset.from;
	say(message, text, kind);
}

/** Keeps the elements of notes that are still there, so that focus and folding stay. */
function render(notes, count) {
	const items = new Map([...list.children].map((item) => [item.dataset.id, item]));
	const fresh = known !== null && new Set(notes.map(({ id }) => id).filter((id) => id > known));
	const wanted = notes.map((note) => items.get(String(note.id)) ?? noteItem(note, fresh && fresh.has(note.id)));
	for (const item of list.children) {
		if (!wanted.includes(item)) {
			item.remove();
		}
	}
	wanted.forEach((item, at) => {
		if (list.children[at] !== item) {
			list.insertBefore(item, list.children[at] ?? null);
		}
	});
	known = notes[0]?.id ?? 0;
	setText(byId('note-count'), count ? plural(count, 'note') : '');
	byId('notes-empty').hidden = count > 0;
	byId('older-notes').hidden = notes.length >= count;
	refreshAges();
}

function noteItem(note, isNew) {
	const item = fromTemplate('note-template');
	const text = item.querySelector('.note-text');
	const isLong = note.text.length > LONG_TEXT || note.text.split('\n').length > LONG_LINES;
	item.dataset.id = note.id;
	item.classList.toggle('new', Boolean(isNew));
	item.classList.toggle('folded', isLong);
	text.textContent = note.text;
	text.dir = 'auto';
	item.querySelector('.expand').hidden = !isLong;
	item.querySelector('.delete').setAttribute('aria-label', `Delete note: ${note.text.trim().slice(0, 60)}`);
	const time = item.querySelector('time');
	time.dateTime = note.createdAt;
	time.title = full(note.createdAt);
	return item;
}

function refreshAges() {
	for (const time of list.querySelectorAll('time')) {
		setText(time, ago(time.dateTime, serverNow()));
	}
}
