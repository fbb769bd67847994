// Numbers and times as people read them: in the reader's own time zone, and in UTC for a tooltip.

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

const clockFormat = new Intl.DateTimeFormat(undefined, {
	day: 'numeric', month: 'short', year: 'numeric',
	hour: '2-digit', hourCycle: 'h23', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, timeZoneName: 'short',
});
const shortFormat = new Intl.DateTimeFormat(undefined, {
	day: 'numeric', month: 'short',
	hour: '2-digit', hourCycle: 'h23', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3,
});
const roughFormat = new Intl.DateTimeFormat(undefined, {
	day: 'numeric', month: 'short', hour: '2-digit', hourCycle: 'h23', minute: '2-digit',
});

export function bytes(count) {
	let unit = 0;
	let value = count;
	while (value >= 1024 && unit < UNITS.length - 1) {
		value /= 1024;
		unit++;
	}
	return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

export function plural(count, one, many = `${one}s`) {
	return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}

export function duration(milliseconds) {
	const seconds = milliseconds / 1000;
	if (seconds < 1) {
		return `${Math.round(milliseconds)} ms`;
	}
	if (seconds < 90) {
		return `${Math.round(seconds)} s`;
	}
	if (seconds < 90 * 60) {
		return `${Math.round(seconds / 60)} min`;
	}
	return seconds < 36 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} days`;
}

export function ago(time, now) {
	const age = now - Date.parse(time);
	return age < 1500 ? 'just now' : `${duration(age)} ago`;
}

/** Date, time and zone: a backup may be of another day, and its reader elsewhere. */
export function clock(time) {
	return clockFormat.format(new Date(time));
}

/** Without the year and the zone, for lists. */
export function shortClock(time) {
	return shortFormat.format(new Date(time));
}

/** Without what is less than a minute, for an axis. */
export function roughClock(time) {
	return roughFormat.format(new Date(time));
}

/** As logs and the command line have it. */
export function utc(time) {
	return `${new Date(time).toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}

/** The notation of logs and of the endpoint's parameters. */
export function position({ txid, generation, index, offset }) {
	return txid !== undefined && txid !== null ? `txid ${txid.toString(16).padStart(16, '0')}`
		: `${generation}/${hex8(index)}:${hex8(offset ?? 0)}`;
}

function hex8(number) {
	return number.toString(16).padStart(8, '0');
}

/** A time as part of a file name, in the reader's own time zone. */
export function fileStamp(time) {
	const date = new Date(time);
	const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate(),
		date.getHours(), date.getMinutes(), date.getSeconds()];
	return parts.map((part) => String(part).padStart(2, '0')).join('-');
}
