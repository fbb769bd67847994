// Talks to the server; every failure becomes one sentence that can be shown.

const PATIENCE = 15_000;

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

export function get(path) {
	return send('GET', path, undefined, PATIENCE);
}

export function post(path, body) {
	return send('POST', path, body, PATIENCE);
}

export function put(path, body) {
	return send('PUT', path, body, PATIENCE);
}

export function remove(path) {
	return send('DELETE', path, undefined, PATIENCE);
}

async function send(method, path, body, patience) {
	const headers = { Accept: 'application/json' };
	if (body !== undefined) {
		headers['Content-Type'] = 'application/json';
	}
	let response;
	try {
		response = await fetch(path, {
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
	return response.status === 204 ? null : response.json();
}

function learnClock(date) {
	const offset = Date.parse(date ?? '') - Date.now();
	// The header counts whole seconds: a smaller difference is no difference.
	clockOffset = Math.abs(offset) > 2_000 ? offset : 0;
}

async function sentence(response) {
	try {
		const { error, status } = await response.json();
		if (error && status === undefined) {
			return error;
		}
	} catch {
		// Not JSON: the status has to do.
	}
	return `The server could not do that (status ${response.status}).`;
}
