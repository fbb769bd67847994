// Numbers and times as people read them.

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short' });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

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

/** The time of day, with the day in front unless that is today. */
export function clock(time, now) {
	const date = new Date(time);
	const day = date.toDateString() === new Date(now).toDateString() ? '' : `${dayFormat.format(date)}, `;
	return day + clockFormat.format(date);
}

export function full(time) {
	return fullFormat.format(new Date(time));
}

export function position({ generation, index, offset }) {
	return [`generation ${generation}`, `WAL ${index.toLocaleString()}`, `offset ${offset.toLocaleString()}`];
}

/** A time as part of a file name, in the reader's own time zone. */
export function fileStamp(time) {
	const date = new Date(time);
	const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate(),
		date.getHours(), date.getMinutes(), date.getSeconds()];
	return parts.map((part) => String(part).padStart(2, '0')).join('-');
}
