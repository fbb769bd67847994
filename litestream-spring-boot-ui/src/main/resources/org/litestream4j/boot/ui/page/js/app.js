// What the parts of the page have in common: which database it is about, and how to look again.

import { address } from './api.js';
import { tellAt } from './progress.js';

const REFRESH_WHILE_BUSY = 400;

export const app = { database: null, refresh: () => {} };

/** The address of something of the database that the page is about. */
export function url(...parts) {
	return address(app.database, ...parts);
}

/** Asks more often while something that was started here runs. */
export async function whileBusy(button, operation, words, action) {
	const done = tellAt(button, operation, words);
	const asking = setInterval(() => app.refresh(), REFRESH_WHILE_BUSY);
	try {
		return await action();
	} finally {
		clearInterval(asking);
		done();
		app.refresh();
	}
}
