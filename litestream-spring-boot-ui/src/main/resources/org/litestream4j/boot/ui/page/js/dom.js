// The few helpers this page needs. Text goes in as text, never as markup.

export function byId(id) {
	return document.getElementById(id);
}

export function fromTemplate(id) {
	return byId(id).content.firstElementChild.cloneNode(true);
}

/** Sets text only when it differs, so that nothing is announced twice. */
export function setText(place, text) {
	if (place.textContent !== text) {
		place.textContent = text;
	}
}

export function element(name, properties = {}, ...children) {
	const created = document.createElement(name);
	Object.assign(created, properties);
	created.append(...children);
	return created;
}

export function svg(name, attributes = {}, ...children) {
	const created = document.createElementNS('http://www.w3.org/2000/svg', name);
	for (const [key, value] of Object.entries(attributes)) {
		created.setAttribute(key, value);
	}
	created.append(...children);
	return created;
}

/** A term and what there is to say of it, for a description list. */
export function row(term, description, properties = {}) {
	return element('div', {}, element('dt', { textContent: term }),
		element('dd', typeof description === 'string' ? { textContent: description, ...properties } : properties,
			...(typeof description === 'string' ? [] : [description])));
}

export function say(place, text, kind = 'info') {
	place.dataset.kind = kind;
	setText(place, text);
}

/** Fills a list of choices, and keeps what was chosen. */
export function choices(select, names) {
	if (names.join('\n') !== [...select.options].map(({ value }) => value).join('\n')) {
		const chosen = select.value;
		select.replaceChildren(...names.map((name) => element('option', { value: name, textContent: name })));
		if (names.includes(chosen)) {
			select.value = chosen;
		}
	}
}

/** Runs an action for a button: once at a time, keeping the focus where it is. */
export async function busy(button, label, action) {
	if (button.getAttribute('aria-disabled') === 'true') {
		return;
	}
	const before = button.textContent;
	button.setAttribute('aria-disabled', 'true');
	button.textContent = label;
	try {
		await action();
	} finally {
		button.removeAttribute('aria-disabled');
		button.textContent = before;
	}
}
