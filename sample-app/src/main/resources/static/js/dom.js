// The few helpers this page needs. Text goes in as text, never as markup.

export function byId(id) {
	return document.getElementById(id);
}

export function fromTemplate(id) {
	return byId(id).content.firstElementChild.cloneNode(true);
}

/** Sets text only when it differs, so that nothing is announced twice. */
export function setText(element, text) {
	if (element.textContent !== text) {
		element.textContent = text;
	}
}

export function element(name, properties = {}, ...children) {
	const created = document.createElement(name);
	Object.assign(created, properties);
	created.append(...children);
	return created;
}

export function say(place, text, kind = 'info') {
	place.dataset.kind = kind;
	setText(place, text);
}

/** Says something that can be taken back, by a button behind the words. */
export function offer(place, text, words, action) {
	const button = element('button', { type: 'button', className: 'plain', textContent: words });
	button.addEventListener('click', action);
	place.dataset.kind = 'info';
	place.replaceChildren(element('span', { textContent: text }), ' ', button);
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
