// Numbers and times as people read them.

const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

export function plural(count, one, many = `${one}s`) {
	return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}

function duration(milliseconds) {
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

export function full(time) {
	return fullFormat.format(new Date(time));
}
