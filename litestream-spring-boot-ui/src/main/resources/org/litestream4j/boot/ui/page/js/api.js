// Asks the endpoint; every failure becomes one sentence that can be shown.

const PATIENCE = 15_000;
const LONG_PATIENCE = 15 * 60_000;

const endpoint = meta('endpoint').content;
const csrf = meta('csrf');

let clockOffset = 0;

export class ApiError extends Error {
	constructor(message, status) {
		super(message);
		this.status = status;
	}
}

/** The server's time, so that ages are right on a machine whose clock is not. */
export function serverNow() {
	return Date.now() + clockOffset;
}

/** The address of something below the endpoint. */
export function address(...parts) {
	return [endpoint, ...parts.map(encodeURIComponent)].join('/');
}

export function get(url, patience = PATIENCE) {
	return send('GET', url, undefined, patience);
}

export function post(url, body) {
	return send('POST', url, body, LONG_PATIENCE);
}

export function remove(url) {
	return send('DELETE', url, undefined, PATIENCE);
}

export const patient = LONG_PATIENCE;

function meta(name) {
	return document.querySelector(`meta[name="litestream-${name}"]`);
}

async function send(method, url, body, patience) {
	const headers = { Accept: 'application/json' };
	if (body !== undefined) {
		headers['Content-Type'] = 'application/json';
	}
	if (method !== 'GET' && csrf.dataset.header) {
		headers[csrf.dataset.header] = csrf.content;
	}
	let response;
	try {
		response = await fetch(url, {
			method, headers, cache: 'no-store',
			body: body === undefined ? undefined : JSON.stringify(body),
			signal: AbortSignal.timeout(patience),
		});
	} catch {
		throw new ApiError('The server does not answer.', 0);
	}
	learnClock(response.headers.get('Date'));
	if (!response.ok) {
		throw new ApiError(await sentence(response), response.status);
	}
	return response.status === 204 ? null : json(response);
}

async function json(response) {
	try {
		return await response.json();
	} catch {
		// The form of a login, for example, which a redirection has led to.
		throw new ApiError('The answer is not of the endpoint: reload this page, and sign in if you are asked to.', -1);
	}
}

function learnClock(date) {
	const offset = Date.parse(date ?? '') - Date.now();
	// The header counts whole seconds: a smaller difference is no difference.
	clockOffset = Math.abs(offset) > 2_000 ? offset : 0;
}

const SENTENCES = {
	401: 'The server wants to know who you are: reload this page and sign in.',
	403: 'You are not allowed to do that.',
	405: 'The endpoint is read-only on this server (management.endpoint.litestream.access).',
};

async function sentence(response) {
	try {
		const { error, status } = await response.json();
		if (error && status === undefined) {
			return capital(error);
		}
	} catch {
		// Not JSON: the status has to do.
	}
	return SENTENCES[response.status] ?? `The server could not do that (status ${response.status}).`;
}

function capital(text) {
	const whole = text[0].toUpperCase() + text.slice(1);
	return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
