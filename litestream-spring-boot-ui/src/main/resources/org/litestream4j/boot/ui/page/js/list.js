// A list of any length as a listbox: only the rows that can be seen are in the page, and whoever does not see them
// hears how many there are.

import { element } from './dom.js';

const SPARE = 8;

/**
 * @param box the element that becomes the list
 * @param fill puts an entry into a row
 * @param onChoose hears of the place that the user chose
 */
export function createList(box, fill, onChoose) {
	const space = element('div', { className: 'list-space', role: 'presentation' });
	const ruler = element('div', { className: 'list-row', textContent: 'x' });
	const rows = new Map();
	let entries = [];
	let chosen = -1;
	let height = 0;

	box.append(space);

	/** Shows these entries; a chosen one is scrolled to only if it is another than before. */
	function show(newEntries, newChosen) {
		const moved = newChosen !== chosen || newEntries.length !== entries.length;
		entries = newEntries;
		chosen = newChosen;
		rows.forEach((row) => row.remove());
		rows.clear();
		measure();
		if (moved) {
			reveal();
		}
		draw();
	}

	function measure() {
		space.append(ruler);
		height = ruler.getBoundingClientRect().height;
		ruler.remove();
		space.style.height = `${height * entries.length}px`;
	}

	function draw() {
		if (height === 0) {
			return;
		}
		const from = Math.max(0, Math.floor(box.scrollTop / height) - SPARE);
		const to = Math.min(entries.length, Math.ceil((box.scrollTop + box.clientHeight) / height) + SPARE);
		for (const [place, row] of rows) {
			if ((place < from || place >= to) && place !== chosen) {
				row.remove();
				rows.delete(place);
			}
		}
		for (let place = from; place < to; place++) {
			draw1(place);
		}
		if (chosen >= 0 && chosen < entries.length) {
			draw1(chosen);
			box.setAttribute('aria-activedescendant', rows.get(chosen).id);
		} else {
			box.removeAttribute('aria-activedescendant');
		}
	}

	function draw1(place) {
		let row = rows.get(place);
		if (!row) {
			row = element('div', { className: 'list-row', id: `${box.id}-${place}`, role: 'option' });
			row.setAttribute('aria-posinset', place + 1);
			row.setAttribute('aria-setsize', entries.length);
			row.dataset.place = place;
			row.style.top = `${place * height}px`;
			fill(row, entries[place]);
			rows.set(place, row);
			space.append(row);
		}
		row.setAttribute('aria-selected', String(place === chosen));
	}

	function reveal() {
		const top = chosen * height;
		if (chosen >= 0 && top < box.scrollTop) {
			box.scrollTop = top;
		} else if (chosen >= 0 && top + height > box.scrollTop + box.clientHeight) {
			box.scrollTop = top + height - box.clientHeight;
		}
	}

	function choose(place) {
		const bounded = Math.max(0, Math.min(entries.length - 1, place));
		if (bounded !== chosen && entries.length > 0) {
			onChoose(bounded);
		}
	}

	box.addEventListener('scroll', draw, { passive: true });
	box.addEventListener('click', ({ target }) => {
		const row = target.closest('.list-row');
		if (row) {
			choose(Number(row.dataset.place));
		}
	});
	box.addEventListener('keydown', (event) => {
		const page = Math.max(1, Math.floor(box.clientHeight / height) - 1);
		const steps = {
			ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page, Home: -Infinity, End: Infinity,
		};
		if (event.key in steps && !event.ctrlKey && !event.metaKey && !event.altKey) {
			event.preventDefault();
			choose(Math.max(chosen, 0) + steps[event.key]);
		}
	});
	new ResizeObserver(() => {
		if (entries.length > 0) {
			const before = height;
			measure();
			if (height !== before) {
				show(entries, chosen);
			}
			draw();
		}
	}).observe(box);

	return { show };
}
