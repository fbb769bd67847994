// Numbers and times as people read them.

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

const clockFormat = new Intl.DateTimeFormat(undefined, {
	day: 'numeric', month: 'short', year: 'numeric',
	hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short',
});
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

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

/** Date, time and zone: a backup may be of another day, and its reader elsewhere. */
export function clock(time) {
	return clockFormat.format(new Date(time));
}

export function full(time) {
	return fullFormat.format(new Date(time));
}

/** The notation of logs and of the endpoint's parameters: both numbers in eight hexadecimal digits. */
export function position({ generation, index, offset }) {
	return `${generation}/${hex8(index)}:${hex8(offset ?? 0)}`;
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
