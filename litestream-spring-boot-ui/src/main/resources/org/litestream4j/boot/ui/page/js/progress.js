// How far long operations are: told at the button that started one, or in a list for the others.

import { element, setText } from './dom.js';
import { duration } from './format.js';
import { serverNow } from './api.js';

/** By operation, the button that was pressed, and its words while it runs. */
const pressed = new Map();

/** Has a button tell how far an operation is, until the returned function is called. */
export function tellAt(button, operation, words) {
	pressed.set(operation, { button, words });
	return () => pressed.delete(operation);
}

/** Shows what runs: at the buttons, and what nobody here has started in a place of its own. */
export function showOperations(operations, place) {
	const others = [];
	for (const operation of operations) {
		const at = pressed.get(operation.operation);
		if (at) {
			setText(at.button, [at.words, ...share(operation)].join(' '));
		} else {
			others.push(operation);
		}
	}
	place.hidden = others.length === 0;
	place.replaceChildren(...others.map((operation) => {
		const bar = element('progress', { max: 1 });
		if (typeof operation.progress === 'number') {
			bar.value = operation.progress;
		}
		return element('label', {},
			element('span', { textContent: [`Running: ${operation.operation}`, ...share(operation)].join(' ') }), bar);
	}));
}

/** The share that is done and the time that is left at the same speed, as far as they can be told. */
function share({ progress, startedAt }) {
	if (typeof progress !== 'number') {
		return [];
	}
	const percent = `${Math.floor(progress * 100)} %`;
	const elapsed = serverNow() - Date.parse(startedAt);
	const worthTelling = progress > 0.02 && progress < 1 && elapsed > 1_000;
	return [worthTelling ? `${percent}, ${duration((elapsed / progress) * (1 - progress))} left` : percent];
}
